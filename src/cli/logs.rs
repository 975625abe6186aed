//! Log lines on stderr: text for people, JSON for machines, in either case few and short enough that no client can fill a disk.

mod line;
mod pace;

use std::io;

use clap::ValueEnum;
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterExt, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use line::Line;
use pace::Pace;

use super::terminal::takes_color;

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// One line of text for people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts writing log lines; the level is for our own lines, libraries write errors at most.
pub(super) fn init(format: LogFormat, level: LevelFilter) {
    // Libraries log what passes through them: a client's ClientHello as a warning, other people's manifests below that.
    let libraries = level.min(Level::ERROR.into());
    let filter = Targets::new()
        .with_default(libraries)
        // Where an answer is not what it expects, it warns with all of it: a list of clusters, a Secret. And what
        // fails comes back as an error, which is told by whoever asked.
        .with_target("kube_client::client", LevelFilter::OFF)
        .with_target("kube_client::client::tls", libraries)
        .with_target("syncguard", level);
    // Where standard error takes nothing, telling that there would be a panic.
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .log_internal_errors(false)
        .with_ansi(format == LogFormat::Text && takes_color(&io::stderr()))
        .event_format(Line::new(format));
    // Fails only if something logs already, and then that is where lines go.
    let _ = tracing_subscriber::registry().with(lines.with_filter(filter.and(Pace::default()))).try_init();
}
