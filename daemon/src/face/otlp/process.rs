//! What the daemon itself costs, under OpenTelemetry's `process.*` names.

use crate::clock::Stamp;
use nix::time::{ClockId, clock_gettime};
use opentelemetry::metrics::Meter;
use std::{fs, time::Duration};

/// Declares the instruments. The uptime counts from now.
pub(super) fn observe(meter: &Meter) {
    let started = Stamp::now();
    meter
        .f64_observable_gauge("process.uptime")
        .with_unit("s")
        .with_callback(move |observer| observer.observe(started.age(Stamp::now()).as_secs_f64(), &[]))
        .build();
    meter
        .f64_observable_counter("process.cpu.time")
        .with_unit("s")
        .with_callback(|observer| {
            if let Ok(time) = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID) {
                observer.observe(Duration::from(time).as_secs_f64(), &[]);
            }
        })
        .build();
    meter
        .i64_observable_up_down_counter("process.memory.usage")
        .with_unit("By")
        .with_callback(|observer| {
            if let Some(kilobytes) = status("VmRSS:") {
                observer.observe(kilobytes.saturating_mul(1024), &[]);
            }
        })
        .build();
    meter
        .i64_observable_up_down_counter("process.thread.count")
        .with_unit("{thread}")
        .with_callback(|observer| {
            if let Some(threads) = status("Threads:") {
                observer.observe(threads, &[]);
            }
        })
        .build();
}

/// A number of `/proc/self/status`, which needs no page size as `statm` does.
fn status(key: &str) -> Option<i64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}
