//! Instance ids shared with another program, which follows libpldm's protocol to the letter: Python's fcntl, with the
//! kernel's `struct flock` packed by hand. Nothing of ours is in it.
//!
//! Built with the feature `real-parts`, as CI does; no distribution we build on has a package of libpldm itself.

use firmwarden_tests::eventually;
use mctp::{Address, Answers, Eid, MessageType, Transport};
use pldm::{CompletionCode, Failure, Header, Patience, Requester, SharedInstanceIds, base::GetTid, encode_response};
use std::{
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::oneshot,
};

/// `alloc` and `free` as libpldm has them: a shared lock that could be made exclusive is an id.
const PROGRAM: &str = r#"
import errno, fcntl, os, struct, sys

db = os.open(sys.argv[1], os.O_RDONLY | os.O_CLOEXEC)
FORM = "hhqqi"  # type, whence, start, length, process; native alignment, padded to the end by 0q

def command(which, kind, at):
    return struct.unpack_from(FORM, fcntl.fcntl(db, which, struct.pack(FORM + "0q", kind, os.SEEK_SET, at, 1, 0)))

previous = {}

def alloc(tid):
    before = previous.get(tid, 31)
    for step in range(1, 33):
        iid = (before + step) % 32
        at = tid * 32 + iid
        command(fcntl.F_OFD_SETLK, fcntl.F_RDLCK, at)
        if command(fcntl.F_OFD_GETLK, fcntl.F_WRLCK, at)[0] == fcntl.F_UNLCK and (tid, iid) not in held:
            held.add((tid, iid))
            previous[tid] = iid
            return iid
        if (tid, iid) not in held:
            command(fcntl.F_OFD_SETLK, fcntl.F_UNLCK, at)
    return errno.EAGAIN * -1

def free(tid, iid):
    held.remove((tid, iid))
    command(fcntl.F_OFD_SETLK, fcntl.F_UNLCK, tid * 32 + iid)
    return 0

held = set()
for line in sys.stdin:
    name, *numbers = line.split()
    print({"alloc": alloc, "free": free}[name](*map(int, numbers)), flush=True)
"#;

const EID: u8 = 20;

/// The other program.
struct Other {
    child: Child,
    stdin: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Other {
    fn start(path: &Path) -> Self {
        let mut command = Command::new("python3");
        command.args(["-c", PROGRAM]).arg(path).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("python3 is installed");
        let stdin = child.stdin.take().expect("piped");
        let answers = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { child, stdin, answers }
    }

    async fn ask(&mut self, what: &str) -> i32 {
        self.stdin.write_all(format!("{what}\n").as_bytes()).await.expect("it reads");
        let answer = eventually("the other program", self.answers.next_line()).await.expect("text");
        answer.expect("it is still there").parse().expect("a number")
    }

    /// An id of the endpoint, if there is one.
    async fn alloc(&mut self) -> Option<u8> {
        u8::try_from(self.ask(&format!("alloc {EID}")).await).ok()
    }

    async fn free(&mut self, id: u8) {
        assert_eq!(self.ask(&format!("free {EID} {id}")).await, 0);
    }
}

/// A device that answers when it is told to, and says which id it was asked with.
#[derive(Default)]
struct Device(Mutex<Option<(oneshot::Sender<u8>, oneshot::Receiver<()>)>>);

impl Device {
    fn expects(&self) -> (oneshot::Receiver<u8>, oneshot::Sender<()>) {
        let ((asked, told), (answer, answered)) = (oneshot::channel(), oneshot::channel());
        *self.0.lock().expect("not poisoned") = Some((asked, answered));
        (told, answer)
    }
}

impl Transport for Device {
    fn exchange<'a>(&'a self, _: Address, _: MessageType, body: &'a [u8], _: Answers<'a>) -> mctp::Answer<'a> {
        let expected = self.0.lock().expect("not poisoned").take();
        Box::pin(async move {
            let Some((asked, answered)) = expected else { return std::future::pending().await };
            let header = wire::Reader::new("request", body).get::<Header>("header").expect("a request");
            asked.send(body[0] & 0x1f).expect("the test waits");
            answered.await.expect("the test answers");
            Ok(encode_response(&header, CompletionCode::SUCCESS, &[7]).expect("legal"))
        })
    }
}

fn requester(path: &Path) -> (Requester, Arc<Device>) {
    let device = Arc::new(Device::default());
    let address = Address { network: 1, eid: Eid(EID) };
    let ids = SharedInstanceIds::new(path);
    (Requester::sharing(device.clone(), address, Patience::default(), ids), device)
}

#[tokio::test]
async fn two_programs_never_have_the_same_id() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    file.as_file().set_len(8192).expect("long enough");
    let mut other = Other::start(file.path());
    let (mut requester, device) = requester(file.path());
    let mut theirs: Vec<u8> = Vec::new();
    for round in 0..80 {
        let (asked, answer) = device.expects();
        let call = requester.call(&GetTid);
        let during = async {
            let ours = asked.await.expect("asked");
            assert!(!theirs.contains(&ours), "{round}: {ours} is theirs: {theirs:?}");
            // While our request waits, the other takes what it can get.
            if theirs.len() < 31 {
                let id = other.alloc().await.expect("one is left");
                assert!(id != ours && !theirs.contains(&id), "{round}: {id}");
                theirs.push(id);
            } else {
                assert_eq!(other.alloc().await, None, "all others are its own, and {ours} is ours");
            }
            if round % 3 == 2 {
                let id = theirs.remove(round % theirs.len());
                other.free(id).await;
            }
            answer.send(()).expect("the device waits");
        };
        let (answer, ()) = tokio::join!(call, during);
        assert_eq!(answer.expect("answered").value.tid.0, 7);
    }
    while let Some(id) = other.alloc().await {
        assert!(!theirs.contains(&id));
        theirs.push(id);
    }
    assert_eq!(theirs.len(), 32, "an answered request keeps no id from others");
    assert_eq!(requester.call(&GetTid).await.expect_err("no id").failure, Failure::InstanceIds);
    // The kernel frees the ids of a program that ends, however it ends.
    eventually("its end", other.child.kill()).await.expect("killed");
    let (asked, answer) = device.expects();
    answer.send(()).expect("the device waits");
    assert!(requester.call(&GetTid).await.is_ok());
    assert!(asked.await.is_ok());
}
