//! The task of a line: opens it, moves its bytes, and opens it again.

use super::{
    Stream,
    receive::Receive,
    shared::{Outgoing, Shared},
};
use crate::patience::{OPEN_PAUSE_FIRST, OPEN_PAUSE_MOST, READ_CHUNK, WRITE_STALL};
use std::{io, sync::Arc};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
    task::yield_now,
    time::{Instant, sleep, timeout},
};

/// Keeps the line open, for ever.
pub(super) async fn run<S: Stream>(
    shared: Arc<Shared>,
    mut queue: mpsc::Receiver<Outgoing>,
    mut open: impl FnMut() -> io::Result<S>,
) {
    let mut receive = Receive::new(Arc::clone(&shared));
    let mut pause = OPEN_PAUSE_FIRST;
    loop {
        let begin = Instant::now();
        let why = match open() {
            Ok(mut stream) => {
                let generation = shared.up();
                receive.restart(generation);
                let why = pump(&shared, &mut receive, &mut queue, generation, &mut stream).await;
                stream.discard();
                why
            }
            Err(error) => error.to_string(),
        };
        shared.down(why);
        // A line that stood for long gets a quick try; one that opens and fails at once must not spin.
        if begin.elapsed() >= OPEN_PAUSE_MOST {
            pause = OPEN_PAUSE_FIRST;
        }
        sleep(pause).await;
        pause = pause.saturating_mul(2).min(OPEN_PAUSE_MOST);
    }
}

async fn pump<S: Stream>(
    shared: &Shared,
    receive: &mut Receive,
    queue: &mut mpsc::Receiver<Outgoing>,
    generation: u64,
    stream: &mut S,
) -> String {
    let (reading, writing) = tokio::io::split(stream);
    tokio::select! {
        why = read(receive, reading) => why,
        why = write(shared, queue, generation, writing) => why,
    }
}

async fn read(receive: &mut Receive, mut stream: impl AsyncRead + Unpin) -> String {
    let mut chunk = [0; READ_CHUNK];
    loop {
        match stream.read(&mut chunk).await {
            Ok(0) => return "unplugged: end of file".into(),
            Ok(count) => receive.take(chunk.get(..count).unwrap_or_default(), Instant::now()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return error.to_string(),
        }
        // A device that never stops must leave the others their turn, and those who wait the time to look.
        yield_now().await;
    }
}

async fn write(
    shared: &Shared,
    queue: &mut mpsc::Receiver<Outgoing>,
    generation: u64,
    mut stream: impl AsyncWrite + Unpin,
) -> String {
    while let Some(message) = queue.recv().await {
        if message.generation != generation {
            shared.count(|counters| &mut counters.not_sent);
            continue;
        }
        if let Err(why) = write_all(&mut stream, &message.bytes).await {
            shared.count(|counters| &mut counters.not_sent);
            return why;
        }
        let mut counters = shared.counters();
        counters.frames_out = counters.frames_out.saturating_add(message.frames);
        counters.bytes_out = counters.bytes_out.saturating_add(u64::try_from(message.bytes.len()).unwrap_or(u64::MAX));
    }
    "closed".into()
}

/// No flush: on a tty it waits in the kernel until the last byte is out, and the whole daemon with it.
async fn write_all(stream: &mut (impl AsyncWrite + Unpin), mut bytes: &[u8]) -> Result<(), String> {
    while !bytes.is_empty() {
        match timeout(WRITE_STALL, stream.write(bytes)).await {
            Err(_) => return Err("stuck: nothing can be written".into()),
            Ok(Ok(0)) => return Err("unplugged: nothing can be written".into()),
            Ok(Ok(count)) => bytes = bytes.get(count..).unwrap_or_default(),
            Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            Ok(Err(error)) => return Err(error.to_string()),
        }
    }
    Ok(())
}
