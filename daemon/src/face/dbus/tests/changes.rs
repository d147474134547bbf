//! What is told when the model changes, and when the bus goes away.

use super::*;

#[tokio::test]
async fn an_object_is_announced_once_with_all_its_interfaces() {
    let mut board = Board::new(Arc::default()).await;
    let whole = "+ gpu0 Firmware,Activation,Version";
    // The firmware first: whoever sees the component finds it there.
    assert_eq!(board.show(one("1")).await, [whole, "+ gpu0 Component"]);
    assert_eq!(board.show(Arc::default()).await, ["- gpu0 Component", "- gpu0 Firmware,Activation,Version"]);
    assert!(board.managed(SOFTWARE).await.is_empty());
    assert!(board.all(&format!("{SOFTWARE}/gpu0"), VERSION).await.is_err());
    assert_eq!(board.show(one("2")).await, [whole, "+ gpu0 Component"]);
}

#[tokio::test]
async fn a_change_tells_only_what_is_different() {
    let mut board = Board::new(one("1")).await;
    assert_eq!(board.show(one("1")).await, [""; 0]);
    assert_eq!(board.show(one("2")).await, ["~ gpu0 Software.Version Version"]);
    let mut next = component("gpu0", vec![firmware("gpu0", "2")]);
    let held = next.firmware.get_mut(&id("gpu0")).expect("there");
    (held.progress, held.last_read) = (Some(40), at(2));
    held.pending = Some(Image { version: "3".into(), ..Image::default() });
    next.faults.clear();
    assert_eq!(
        board.show(model(&[&Arc::new(next)])).await,
        [
            "~ gpu0 FirmWarden.Firmware LastRead,LastReadBootTime,PendingVersion,Progress",
            "~ gpu0 FirmWarden.Component Faults"
        ]
    );
}

#[tokio::test]
async fn what_is_stale_is_not_said_to_be_active() {
    let mut board = Board::new(one("1")).await;
    let mut held = firmware("gpu0", "1");
    held.freshness = Freshness::Stale { since: at(2), reason: "silent".into() };
    let stale = model(&[&Arc::new(component("gpu0", vec![held]))]);
    let told = ["~ gpu0 FirmWarden.Firmware Freshness,StaleReason", "~ gpu0 Software.Activation Activation"];
    let heard = async |board: &mut Board, model| {
        let mut heard = board.show(model).await;
        heard.sort();
        heard
    };
    assert_eq!(heard(&mut board, stale).await, told);
    assert_eq!(heard(&mut board, one("1")).await, told);
}

#[tokio::test]
async fn a_digest_comes_and_goes_on_its_own() {
    let mut board = Board::new(one("1")).await;
    let mut hashed = firmware("gpu0", "1");
    hashed.digest =
        Some(Digest { algorithm: Algorithm::Sha256, hex: "ab".repeat(32), source: "/dev/mtd0".into(), taken: at(3) });
    let hashed = Arc::new(component("gpu0", vec![hashed]));
    assert_eq!(board.show(model(&[&hashed])).await, ["+ gpu0 Digest"]);
    let digest = board.all(&format!("{SOFTWARE}/gpu0"), "xyz.openbmc_project.FirmWarden.Digest").await.expect("digest");
    assert_eq!((text(&digest["Algorithm"]), &digest["TimeStamp"]), ("sha256", &OwnedVariant::from(3_000_u64)));
    assert_eq!(board.show(one("1")).await, ["- gpu0 Digest"]);
}

#[tokio::test]
async fn the_daemons_own_properties_follow_the_model() {
    let mut board = Board::new(Arc::default()).await;
    let line = Line { device: "/dev/ttyS1".into(), down: Some("gone".into()), faults: vec![], unread: BTreeMap::new() };
    let lines = BTreeMap::from([("line0".into(), line)]);
    let next = Model { settings_faults: vec!["firmwarden.toml:3: unknown key".into()], lines, ..Model::default() };
    assert_eq!(board.show(Arc::new(next)).await, ["~ firmwarden FirmWarden.Daemon Lines,SettingsFaults"]);
    let daemon = board.all(OWN, "xyz.openbmc_project.FirmWarden.Daemon").await.expect("daemon");
    let lines = Vec::<(String, String, String)>::try_from(daemon["Lines"].clone()).expect("a(sss)");
    assert_eq!(lines, [("line0".into(), "/dev/ttyS1".into(), "down: gone".into())]);
}

#[tokio::test]
async fn five_hundred_firmwares_are_announced_once_each() {
    let components: Vec<_> = (0..50)
        .map(|c| {
            let firmwares = (0..10).map(|f| firmware(&format!("gpu{c}_{f}"), "1.2.3")).collect();
            Arc::new(component(&format!("gpu{c}"), firmwares))
        })
        .collect();
    let all = model(&components.iter().collect::<Vec<_>>());
    let mut board = Board::new(Arc::default()).await;
    let heard = board.show(Arc::clone(&all)).await;
    assert_eq!(heard.len(), 550);
    assert!(heard.iter().all(|line| line.starts_with('+')));
    assert_eq!(board.managed(SOFTWARE).await.len(), 500);
    let mut changed = components.clone();
    changed[7] = Arc::new(component("gpu7", vec![firmware("gpu7_0", "9")]));
    assert_eq!(board.show(model(&changed.iter().collect::<Vec<_>>())).await.len(), 9 + 2);
}

#[tokio::test]
async fn a_bus_that_comes_back_gets_everything_again() {
    let (give, ends) = std::sync::mpsc::channel::<UnixStream>();
    let bus = move || match ends.try_recv() {
        Ok(end) => Builder::unix_stream(end).server(zbus::Guid::generate()).p2p(),
        Err(_) => Builder::address("unix:path=/nonexistent/bus"),
    };
    let plug = || {
        let (a, b) = UnixStream::pair().expect("pair");
        give.send(a).expect("still serving");
        b
    };
    let model = watch::Sender::new(one("1"));
    let log = std::cell::RefCell::new(Vec::new());
    let (telemetry, _asked) = telemetry(model.subscribe());
    let log_line = |_, line: &str| log.borrow_mut().push(line.to_owned());
    let serve = crate::face::dbus::serve_on(bus, telemetry, false, log_line);
    let client = async {
        for version in ["1", "2"] {
            model.send_replace(one(version));
            let client = Builder::unix_stream(plug()).p2p().build().await.expect("client");
            let (path, on) = (format!("{SOFTWARE}/gpu0"), Some("org.freedesktop.DBus.Properties"));
            let body = (VERSION, "Version");
            // The first question may come before the last object is there.
            let reply = loop {
                match client.call_method(None::<&str>, path.as_str(), on, "Get", &body).await {
                    Ok(reply) => break reply,
                    Err(_) => tokio::task::yield_now().await,
                }
            };
            assert_eq!(text(&reply.body().deserialize().expect("variant")), version);
            client.close().await.expect("close");
        }
    };
    tokio::select! { () = serve => panic!("serves for ever"), () = client => {} }
    let told = log.borrow();
    let failures = told.iter().filter(|line| line.contains("/nonexistent/bus")).count();
    assert!(failures <= 2, "told once for each loss: {told:?}");
}

/// A bus that goes away again and again must not cost memory each time.
#[tokio::test]
async fn a_connection_that_ends_takes_its_objects_along() {
    let gpu = Arc::new(component("gpu0", vec![firmware("gpu0", "1")]));
    let board = Board::new(model(&[&gpu])).await;
    assert!(Arc::strong_count(&gpu) > 1);
    drop(board);
    // zbus lets go of its objects in a task of its own.
    let gone = async {
        while Arc::strong_count(&gpu) > 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), gone).await.expect("nobody holds it");
}

#[test]
fn serving_can_be_spawned() {
    fn is_task<F: Future<Output = ()> + Send + 'static>(_: F) {}
    let (store, (asks, _asked)) = (crate::store::Store::default(), mpsc::channel(ask::WAITING_MOST));
    is_task(crate::face::dbus::serve(store.model(), store.events(), asks, &crate::settings::Sensors::default()));
}
