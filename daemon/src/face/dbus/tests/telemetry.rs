//! Sensors, events and logs at the root of our own tree.

use super::*;
use crate::{
    event::{Event, What},
    face::dbus::{
        ring::{KEPT, Told},
        serve_on,
        telemetry::{Sensor, Source},
    },
    model::{Delivery, Level, Measure, Quantity, Sensors, Value},
    testing::{finite, measure, sensor},
};
use tokio::sync::broadcast;

const TELEMETRY: &str = "xyz.openbmc_project.FirmWarden.Telemetry";

fn model_of(sensors: Vec<crate::model::Sensor>) -> Arc<Model> {
    let faults = vec![Fault { step: "GetPDR".into(), what: "short\n".into() }];
    let sensors = sensors.into_iter().map(|it| (it.id.clone(), it)).collect();
    let sensors = Arc::new(Sensors { sensors, events: Delivery::Polled, faults });
    Arc::new(Model { sensors: [(id("gpu0"), sensors)].into(), ..(*one("1")).clone() })
}

#[tokio::test]
async fn every_sensor_is_told_with_its_limits_and_its_reading() {
    let limits = [(Level::UpperCritical, 90.0)];
    let mut hot = sensor("gpu0_t", measure(Quantity::Temperature, "Cel", &limits), Value::Number(finite(91.5)));
    hot.location = Some("die\n0".into());
    let state = Measure::State { set: 33, name: "Link State".into(), position: 2 };
    let link = sensor("gpu0_l", state, Value::State { number: 2, text: "Disconnected".into() });
    let mut blind = sensor("gpu0_v", measure(Quantity::Voltage, "V", &[]), Value::Unknown("disabled".into()));
    blind.reading.at = None;
    let board = Board::new(model_of(vec![hot, link, blind])).await;
    let sensors: Vec<Sensor> = board.call(OWN, TELEMETRY, "Sensors", &[]).await.expect("sensors");
    let common = Sensor { component: "gpu0".into(), number: 7, interval: 10_000, ..Sensor::default() };
    let read = Sensor { last_read: 3000, last_read_boot_time: 3_000_000, known: true, ..common.clone() };
    let wanted = [
        Sensor {
            id: "gpu0_l".into(),
            name: "Sensor gpu0_l".into(),
            quantity: "state".into(),
            unit: "Link State".into(),
            state_set: 33,
            position: 2,
            value: 2.0,
            text: "Disconnected".into(),
            ..read.clone()
        },
        Sensor {
            id: "gpu0_t".into(),
            name: "Sensor gpu0_t".into(),
            location: "die?0".into(),
            quantity: "temperature".into(),
            unit: "Cel".into(),
            limits: [("high.critical".into(), 90.0)].into(),
            value: 91.5,
            text: "91.5".into(),
            level: "high.critical".into(),
            ..read
        },
        Sensor {
            id: "gpu0_v".into(),
            name: "Sensor gpu0_v".into(),
            quantity: "voltage".into(),
            unit: "V".into(),
            text: "disabled".into(),
            ..common
        },
    ];
    assert_eq!(sensors, wanted);
    let sources: Vec<Source> = board.call(OWN, TELEMETRY, "Sources", &[]).await.expect("sources");
    let faults = vec![("GetPDR".into(), "short".into())];
    assert_eq!(sources, [Source { component: "gpu0".into(), events: "polled".into(), faults }]);
}

#[tokio::test]
async fn a_wish_for_logs_is_put_where_it_is_fulfilled() {
    let mut board = Board::new(one("1")).await;
    let fetch = async |board: &Board, component: &str| -> Result<(), String> {
        board.call(OWN, TELEMETRY, "FetchLogs", &[component]).await.map_err(|error| error.to_string())
    };
    assert_eq!(fetch(&board, "gpu0").await, Ok(()));
    assert_eq!(board.asked.try_recv(), Ok(Ask::Logs(id("gpu0"))));
    for unknown in ["gpu1", "", "../gpu0", "gpu0\n"] {
        let refused = fetch(&board, unknown).await.expect_err("unknown");
        assert!(refused.contains("InvalidArgs") && refused.contains("no component"), "{refused}");
    }
    for _ in 0..ask::WAITING_MOST {
        fetch(&board, "gpu0").await.expect("room");
    }
    assert!(fetch(&board, "gpu0").await.expect_err("full").contains("LimitsExceeded"));
    board.asked.close();
    while board.asked.try_recv().is_ok() {}
    assert!(fetch(&board, "gpu0").await.expect_err("nobody").contains("fetches no logs"));
}

fn fresh() -> Event {
    Event { at: at(5), what: What::ComponentFresh { component: id("gpu0") } }
}

/// The whole face: events from the store become signals, and are there for whoever comes later.
#[tokio::test]
async fn an_event_is_a_signal_and_is_kept() {
    let (a, b) = UnixStream::pair().expect("pair");
    let end = std::sync::Mutex::new(Some(a));
    let bus = move || match end.lock().expect("not poisoned").take() {
        Some(end) => Builder::unix_stream(end).server(zbus::Guid::generate()).p2p(),
        None => Builder::address("unix:path=/nonexistent/bus"),
    };
    let models = watch::Sender::new(one("1"));
    let (telemetry, _asked) = telemetry(models.subscribe());
    let (events, receiver) = broadcast::channel(16);
    events.send(fresh()).expect("a receiver");
    let ring = telemetry.ring.clone();
    let serving = tokio::sync::Notify::new();
    let client = async {
        let client = Builder::unix_stream(b).p2p().build().await.expect("client");
        let mut heard = MessageStream::from(&client);
        let kept = async |after: u64| -> Vec<Told> {
            // The first question may come before the interface is there.
            loop {
                match client.call_method(None::<&str>, OWN, Some(TELEMETRY), "Events", &after).await {
                    Ok(reply) => break reply.body().deserialize().expect("events"),
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        };
        let first = kept(0).await;
        assert_eq!(first.iter().map(|it| (it.sequence, &*it.name)).collect::<Vec<_>>(), [(1, "hw.component.fresh")]);
        // From here on each event is a signal.
        serving.notified().await;
        let what = What::SensorLost { component: id("gpu0"), sensor: id("gpu0_t"), reason: "disabled".into() };
        events.send(Event { at: at(6), what }).expect("a receiver");
        let signal = loop {
            let message = heard.next().await.expect("open").expect("message");
            if message.header().member().is_some_and(|member| *member == "Event") {
                break message;
            }
        };
        let (told,): (Told,) = signal.body().deserialize().expect("an event");
        assert_eq!(signal.header().path().map(|path| path.as_str()), Some(OWN));
        assert_eq!((&*told.name, &*told.severity, &*told.subject), ("hw.sensor.lost", "warning", "gpu0"));
        assert_eq!((told.time, told.boot_time), (6000, 6_000_000));
        assert_eq!(told.text, "gpu0_t has no value any more: disabled");
        let facts = [("error.message", "disabled"), ("hw.id", "gpu0_t"), ("hw.parent", "gpu0")];
        assert_eq!(told.facts, facts.map(|(k, v)| (k.to_owned(), v.to_owned())).into());
        assert_eq!(kept(told.sequence - 1).await.first(), Some(&told));
        let body = (TELEMETRY, "EventsKept");
        let on = Some("org.freedesktop.DBus.Properties");
        let reply = client.call_method(None::<&str>, OWN, on, "Get", &body).await.expect("kept");
        let kept: OwnedVariant = reply.body().deserialize().expect("a number");
        assert_eq!(kept, OwnedVariant::from(u64::try_from(KEPT).expect("small")));
    };
    tokio::select! {
        () = serve_on(bus, telemetry, false, |_, _| serving.notify_one()) => panic!("serves for ever"),
        () = ring.fill(receiver) => panic!("fills for ever"),
        () = client => {}
    }
}
