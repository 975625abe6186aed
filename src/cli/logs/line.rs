//! One log line: when, how grave, what, and its fields, each cut to a length.

use std::fmt::{self, Debug, Write as _};

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::LogFormat;
use super::pace::left_out;
use syncguard_core::rule::is_obeyed;

/// The longest value of a field, in characters; what a client chose may be as long as a request.
const LONGEST: usize = 256;

/// Writes events as lines of one format.
pub(super) struct Line(LogFormat);

impl Line {
    /// Lines of this format.
    pub(super) fn new(format: LogFormat) -> Self {
        Self(format)
    }
}

impl<S, N> FormatEvent<S, N> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let left_out = left_out();
        if left_out > 0 {
            fields.0.push(("left_out", left_out.into()));
        }
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let level = *event.metadata().level();
        match self.0 {
            LogFormat::Json => writeln!(writer, "{}", json(time, level, event.metadata().target(), fields)),
            LogFormat::Text => text(&mut writer, &time, level, &fields),
        }
    }
}

fn json(time: String, level: Level, target: &str, fields: Fields) -> Value {
    let mut line = Map::new();
    line.insert("timestamp".to_owned(), time.into());
    line.insert("level".to_owned(), level.as_str().into());
    line.extend(fields.0.into_iter().map(|(name, value)| (name.to_owned(), value)));
    line.insert("target".to_owned(), target.into());
    line.into()
}

fn text(writer: &mut Writer<'_>, time: &str, level: Level, fields: &Fields) -> fmt::Result {
    let [dim, color, plain] =
        if writer.has_ansi_escapes() { ["\x1b[2m", color(level), "\x1b[0m"] } else { [""; 3] };
    write!(writer, "{dim}{time}{plain} {color}{:>5}{plain}", level.as_str())?;
    for (name, value) in &fields.0 {
        match value {
            Value::String(text) if *name == "message" => write!(writer, " {text}")?,
            Value::String(text) => write!(writer, " {dim}{name}={plain}{text}")?,
            value => write!(writer, " {dim}{name}={plain}{value}")?,
        }
    }
    writeln!(writer)
}

fn color(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        _ => "\x1b[34m",
    }
}

/// The fields of an event, in their order, cut.
#[derive(Default)]
struct Fields(Vec<(&'static str, Value)>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut cut = Cut::default();
        // What does not fit is an error, and where it is cut.
        let _ = write!(cut, "{value:?}");
        self.0.push((field.name(), cut.text.into()));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let mut cut = Cut::default();
        let _ = cut.write_str(value);
        self.0.push((field.name(), cut.text.into()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.push((field.name(), value.into()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.push((field.name(), value.into()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.push((field.name(), value.into()));
    }
}

/// A text that takes as many characters as a field may have, and escapes those that a terminal would obey.
#[derive(Default)]
struct Cut {
    text: String,
    characters: usize,
}

impl fmt::Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            if self.characters == LONGEST {
                self.text.push('…');
                return Err(fmt::Error);
            }
            self.characters += 1;
            if is_obeyed(character) {
                self.text.extend(character.escape_default());
            } else {
                self.text.push(character);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing::{error, info};
    use tracing_subscriber::fmt::MakeWriter;
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Memory {
        type Writer = Self;

        fn make_writer(&self) -> Self {
            self.clone()
        }
    }

    fn written(format: LogFormat, log: impl FnOnce()) -> String {
        let memory = Memory::default();
        let layer = tracing_subscriber::fmt::layer()
            .with_ansi(false)
            .with_writer(memory.clone())
            .event_format(Line::new(format));
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
        let bytes = memory.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_line_of_either_format_says_all_of_it_on_one_line() {
        let log = || info!(name = "a\nb", count = 3, dry = true, "it happens");
        let line: Value = serde_json::from_str(&written(LogFormat::Json, log)).unwrap();
        assert_eq!(line["message"], "it happens");
        assert_eq!((&line["name"], &line["count"], &line["dry"]), (&r"a\nb".into(), &3.into(), &true.into()));
        assert_eq!((&line["level"], line["timestamp"].is_string()), (&"INFO".into(), true));
        let line = written(LogFormat::Text, log);
        assert!(line.ends_with("  INFO it happens name=a\\nb count=3 dry=true\n"), "{line:?}");
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        let name = "a\u{1b}[31m\u{9b}b\u{202e}c";
        let log = || info!(text = name, shown = %name, "it happens");
        let line = written(LogFormat::Text, log);
        let shown = r"a\u{1b}[31m\u{9b}b\u{202e}c";
        assert!(line.ends_with(&format!("it happens text={shown} shown={shown}\n")), "{line:?}");
    }

    #[test]
    fn what_a_client_has_written_is_cut() {
        let long = "ä".repeat(16_384);
        let shown = format!("{}…", "ä".repeat(LONGEST));
        let event = || error!(text = long.as_str(), shown = %long, debugged = ?long, "it happens");
        let line: Value = serde_json::from_str(&written(LogFormat::Json, event)).unwrap();
        assert_eq!((&line["text"], &line["shown"]), (&shown.clone().into(), &shown.into()));
        assert!(line["debugged"].as_str().unwrap().chars().count() <= LONGEST + 1);
    }
}
