//! Reading, sending and telling side by side.
//!
//! One thread reads and checks rows and hands them, a batch at a time, to the worker of their customer; a worker that is behind
//! holds the reader up, so that memory stays bounded. Another thread shows how far it is and writes the checkpoint.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use csv::ByteRecord;

use crate::args::{Course, OrdersArgs, Service};
use crate::balance::args::BalancesArgs;
use crate::checkpoint::{Checkpoint, Earlier};
use crate::client::Client;
use crate::delivery::{Delivery, Fate};
use crate::order::Item;
use crate::partition;
use crate::progress::Progress;
use crate::report::{Refusals, Refused, Report, Shown};
use crate::source::Source;

/// A batch is sent before it has this many bytes more than one row: the service takes 4 MB.
const BATCH_BYTES: usize = 1024 * 1024;
const TICK: Duration = Duration::from_millis(100);
const WRITE_EVERY: Duration = Duration::from_secs(1);
/// So many balances are handed to a worker together; each travels by itself.
const BALANCES_AT_ONCE: usize = 32;
/// How many rows a dry run shows.
const SHOWN: usize = 3;

/// Imports the orders of a file.
///
/// Fails where nothing can be done at all: no such file or column, no service, a wrong key. What went wrong on the way is in
/// the report.
pub fn orders(args: OrdersArgs) -> Result<Report> {
    let source = Source::open(&args)?;
    eprintln!("{}", source.said(args.table.format.is_some()));
    let (workers, batch) = (usize::from(args.parallel), usize::from(args.batch));
    source.go(&args.service, args.course, workers, batch)
}

/// Imports the balances of a file, likewise.
pub fn balances(args: BalancesArgs) -> Result<Report> {
    let source = Source::of_balances(&args)?;
    eprintln!("{}", source.said(args.table.format.is_some()));
    let workers = usize::from(args.parallel);
    source.go(&args.service, args.course, workers, BALANCES_AT_ONCE)
}

/// Where it is kept what has been answered, if nobody says.
fn beside(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".import-progress");
    name.into()
}

/// How to send.
pub struct Settings {
    /// Requests under way at once.
    pub workers: usize,
    /// Rows in one request.
    pub batch: usize,
    /// How long to go on trying.
    pub retry_for: Duration,
    /// Where to keep what has been answered.
    pub checkpoint: Option<PathBuf>,
    /// Leave out what has been answered before.
    pub resume: bool,
    /// Where to write refused rows.
    pub report: Option<PathBuf>,
}

impl Source {
    /// Sends every row, `batch` in one request and so many requests at once as there are `workers`; or shows what would be sent.
    fn go(self, service: &Service, course: Course, workers: usize, batch: usize) -> Result<Report> {
        if course.dry_run {
            return self.dry_run(course.report.as_deref());
        }
        let settings = Settings {
            workers,
            batch,
            retry_for: course.retry_for,
            checkpoint: Some(course.checkpoint.unwrap_or_else(|| beside(&self.path))),
            resume: course.resume,
            report: course.report,
        };
        // Only once it is known that it is there.
        let client = Client::new(&service.url, service.key.as_deref(), workers)?;
        client.check()?;
        self.import(&client, settings)
    }

    fn dry_run(mut self, refused_in: Option<&Path>) -> Result<Report> {
        let start = Instant::now();
        let mut refusals = Refusals::new(refused_in)?;
        let (mut record, mut shown) = (ByteRecord::new(), Vec::new());
        let mut report = Report {
            file: self.path.clone(),
            what: self.reading.what(),
            ..Report::default()
        };
        loop {
            match self.next(&mut record) {
                Ok(None) => break,
                Ok(Some(line)) => {
                    report.rows += 1;
                    match self.reading.read(line, &record) {
                        Err(refused) => refusals.add(refused)?,
                        Ok(item) if shown.len() < SHOWN => shown.push(Shown {
                            path: item.path,
                            body: serde_json::from_str(&item.json)?,
                        }),
                        Ok(_) => {}
                    }
                }
                Err(error) => {
                    report.stopped = Some(error.to_string());
                    break;
                }
            }
        }
        report.dry_run = Some(shown);
        report.elapsed = start.elapsed();
        self.tell_refused(&mut report, &mut refusals)?;
        Ok(report)
    }

    /// Sends every row, and answers what came of it.
    pub fn import(mut self, client: &Client, settings: Settings) -> Result<Report> {
        let start = Instant::now();
        let (checkpoint, earlier) =
            Checkpoint::open(settings.checkpoint, &self.identity, settings.resume)?;
        let shared = Shared {
            stop: AtomicBool::new(false),
            stopped: Mutex::new(None),
            applied: AtomicU64::new(0),
            duplicates: AtomicU64::new(0),
            refusals: Mutex::new(Refusals::new(settings.report.as_deref())?),
            progress: Progress::new(self.expected),
            checkpoint,
        };
        let finished = AtomicBool::new(false);
        let mut report = Report {
            file: self.path.clone(),
            what: self.reading.what(),
            ..Report::default()
        };
        std::thread::scope(|threads| {
            let teller = threads.spawn(|| tell(&shared, &finished));
            let (senders, workers): (Vec<_>, Vec<_>) = (0..settings.workers)
                .map(|_| {
                    let (sender, batches) = sync_channel(1);
                    let (shared, retry_for) = (&shared, settings.retry_for);
                    (
                        sender,
                        threads.spawn(move || work(client, retry_for, batches, shared)),
                    )
                })
                .unzip();
            self.read(&senders, settings.batch, &earlier, &shared, &mut report);
            drop(senders);
            for worker in workers {
                if let Err(panic) = worker.join() {
                    std::panic::resume_unwind(panic);
                }
            }
            finished.store(true, Ordering::Relaxed);
            teller.thread().unpark();
        });
        shared.progress.finish();

        let Shared {
            stopped,
            applied,
            duplicates,
            refusals,
            checkpoint,
            ..
        } = shared;
        if let Some(reason) = stopped.into_inner().unwrap_or_else(PoisonError::into_inner) {
            report.stopped = Some(reason);
        }
        let mut refusals = refusals
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        report.applied = applied.into_inner();
        report.duplicates = duplicates.into_inner();
        let answered = report.applied + report.duplicates + refusals.count + report.skipped;
        report.unsent = report.rows.saturating_sub(answered);
        if report.stopped.is_some() {
            report.unsent += self.expected.saturating_sub(report.rows);
        }
        self.tell_refused(&mut report, &mut refusals)?;
        report.checkpoint = checkpoint.finish(report.is_complete())?;
        report.elapsed = start.elapsed();
        Ok(report)
    }

    /// Hands every row to the worker of its customer.
    fn read(
        &mut self,
        senders: &[SyncSender<Vec<Item>>],
        batch: usize,
        earlier: &Earlier,
        shared: &Shared,
        report: &mut Report,
    ) {
        let mut pending: Vec<(Vec<Item>, usize)> =
            senders.iter().map(|_| (Vec::new(), 0)).collect();
        let mut record = ByteRecord::new();
        while !shared.stop.load(Ordering::Relaxed) {
            let line = match self.next(&mut record) {
                Ok(Some(line)) => line,
                Ok(None) => break,
                // What was read before is sent all the same.
                Err(error) => {
                    report.stopped = Some(error.to_string());
                    break;
                }
            };
            report.rows += 1;
            let item = match self.reading.read(line, &record) {
                Ok(item) => item,
                Err(refused) => {
                    shared.refuse(refused);
                    continue;
                }
            };
            if earlier.answered(&item) {
                report.skipped += 1;
                shared.progress.skipped();
                continue;
            }
            let worker = partition::worker(item.partition, senders.len());
            let (items, bytes) = &mut pending[worker];
            *bytes += item.json.len();
            items.push(item);
            if items.len() >= batch || *bytes >= BATCH_BYTES {
                *bytes = 0;
                // It fails only where the worker has given up.
                if senders[worker].send(std::mem::take(items)).is_err() {
                    return;
                }
            }
        }
        for ((items, _), sender) in pending.into_iter().zip(senders) {
            if !items.is_empty() && sender.send(items).is_err() {
                return;
            }
        }
    }

    fn tell_refused(&self, report: &mut Report, refusals: &mut Refusals) -> Result<()> {
        report.refused_in = refusals.finish()?;
        report.refused = refusals.count;
        report.first_refused = std::mem::take(&mut refusals.first);
        if self.by_number && report.first_refused.iter().any(|refused| refused.line == 1) {
            report.hint = Some("If the first row holds names, say so with --header.".into());
        }
        Ok(())
    }
}

/// What all threads see.
struct Shared {
    stop: AtomicBool,
    stopped: Mutex<Option<String>>,
    applied: AtomicU64,
    duplicates: AtomicU64,
    refusals: Mutex<Refusals>,
    progress: Progress,
    checkpoint: Checkpoint,
}

impl Shared {
    fn stop(&self, reason: String) {
        // The others only hear of it.
        if !self.stop.swap(true, Ordering::Relaxed) {
            *self.stopped.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
        }
    }

    fn refuse(&self, refused: Refused) {
        self.checkpoint.refuse(refused.line);
        let added = self
            .refusals
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .add(refused);
        self.progress.answered();
        if let Err(error) = added {
            self.stop(format!("{error:#}"));
        }
    }
}

fn work(client: &Client, retry_for: Duration, batches: Receiver<Vec<Item>>, shared: &Shared) {
    let waiting = |reason: Option<&str>| shared.progress.waiting(reason);
    let delivery = Delivery {
        client,
        retry_for,
        stop: &shared.stop,
        waiting: &waiting,
    };
    for items in batches {
        if shared.stop.load(Ordering::Relaxed) {
            return;
        }
        let delivered = delivery.deliver(&items, |item, fate| {
            let count = match fate {
                Fate::Refused(refused) => return shared.refuse(refused),
                Fate::Applied => &shared.applied,
                Fate::Duplicate => &shared.duplicates,
            };
            count.fetch_add(1, Ordering::Relaxed);
            shared.checkpoint.take(item.line);
            shared.progress.answered();
        });
        match delivered {
            Ok(()) => shared.checkpoint.settle(&items),
            Err(reason) => return shared.stop(reason),
        }
    }
}

/// Shows how far it is and keeps the checkpoint, until all is `finished`.
fn tell(shared: &Shared, finished: &AtomicBool) {
    let mut written = Instant::now();
    while !finished.load(Ordering::Relaxed) {
        shared.progress.tick();
        if written.elapsed() >= WRITE_EVERY {
            written = Instant::now();
            if let Err(error) = shared.checkpoint.write() {
                shared.stop(format!("{error:#}"));
            }
        }
        std::thread::park_timeout(TICK);
    }
}
