//! Where findings are written: formats and files, color, progress, the summary, the exit code.

mod repeated;

use std::{
    collections::BTreeMap,
    error::Error,
    fs::File,
    io::{self, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use repeated::Repeated;

use super::{
    input::Manifests,
    terminal::{takes_color, tell},
};
use crate::causes::in_full;
use syncguard_core::{
    rule::Severity,
    spelling::{did_you_mean, nearest},
};
use syncguard_lint::{
    Judged,
    render::{
        diagnostic::{Diagnostic, Summary},
        findings::Format,
    },
    source::Source,
};

/// Where findings go and what they do to the exit code.
#[derive(Debug, Clone, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that somebody can type")]
pub struct ReportArgs {
    /// How findings are written: full, concise, json or jsonl; FORMAT=FILE writes a file beside; repeatable
    #[arg(short, long, value_name = "FORMAT[=FILE]", value_parser = parse_output)]
    output: Vec<Output>,

    /// What makes the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    fail_on: FailOn,

    /// Exit with 3 if the input has no cluster
    #[arg(long)]
    fail_if_none: bool,

    /// Errors only, and no summary
    #[arg(short, long)]
    quiet: bool,

    /// How often each rule spoke, at the end
    #[arg(long)]
    statistics: bool,

    /// Leave the summary out
    #[arg(long)]
    no_summary: bool,

    /// When to use color
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Color,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    fn is_on(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => takes_color(&io::stdout()),
        }
    }
}

#[derive(Debug, Clone)]
struct Output {
    format: Format,
    file: Option<PathBuf>,
}

fn parse_output(text: &str) -> Result<Output, String> {
    let (format, file) = match text.split_once('=') {
        Some((format, file)) => (format, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let known = Format::ALL.into_iter().find(|known| known.name() == format);
    let format = known.ok_or_else(|| {
        let names = Format::ALL.map(Format::name);
        let meant = did_you_mean(nearest(format, names));
        format!("the formats are {}{meant}", syncguard_core::rule::one_of(&names))
    })?;
    Ok(Output { format, file })
}

impl ReportArgs {
    /// Whether an output shows lines of the source.
    pub fn shows_lines(&self) -> bool {
        let is_full = |output: &Output| output.format == Format::Full;
        self.outputs().is_ok_and(|outputs| outputs.iter().any(is_full))
    }

    /// Sees to it that no manifest is overwritten with findings about it.
    ///
    /// # Errors
    ///
    /// The file of an output is one of the sources.
    pub fn spare(&self, sources: &[Source]) -> Result<()> {
        let real = |file: &Path| file.canonicalize().ok();
        for file in self.output.iter().filter_map(|output| output.file.as_deref()) {
            let Some(output) = real(file) else { continue };
            let mut paths = sources.iter().filter_map(|source| source.path.as_deref());
            if paths.any(|path| real(path).as_ref() == Some(&output)) {
                bail!(
                    "-o: {} is among the files to be judged; name another, or leave it out with --exclude",
                    file.display()
                );
            }
        }
        Ok(())
    }

    /// Where findings go; the terminal gets the full format unless another was asked for.
    fn outputs(&self) -> Result<Vec<Output>> {
        let mut outputs = self.output.clone();
        match outputs.iter().filter(|output| output.file.is_none()).count() {
            0 => outputs.push(Output { format: Format::Full, file: None }),
            1 => {}
            _ => bail!("-o: only one format can go to standard output; give the others a file: -o json=FILE"),
        }
        let files: Vec<_> = outputs.iter().filter_map(|output| output.file.as_ref()).collect();
        if let Some(file) =
            files.iter().enumerate().find_map(|(at, file)| files[..at].contains(file).then_some(file))
        {
            bail!("-o: two formats would go to {}; give each a file of its own", file.display());
        }
        if self.statistics && !outputs.iter().any(|output| output.format.is_for_people()) {
            bail!(
                "--statistics: they are written in the formats full and concise; add one, as in -o concise=FILE"
            );
        }
        Ok(outputs)
    }
}

/// What is written while findings come in.
pub struct Report {
    writers: Vec<Writer>,
    /// What was judged so far.
    pub summary: Summary,
    by_rule: BTreeMap<&'static str, usize>,
    progress: Progress,
    has_failed: bool,
    args: ReportArgs,
}

/// Tells a person at a terminal that long work goes on.
struct Progress {
    started: Instant,
    told: Option<Instant>,
    is_wanted: bool,
}

impl Progress {
    fn begin() -> Self {
        // Where findings go to the same terminal, they are progress enough.
        let is_wanted = io::stderr().is_terminal() && !io::stdout().is_terminal();
        Self { started: Instant::now(), told: None, is_wanted }
    }

    fn tell(&mut self, clusters: usize) {
        const SHORT: Duration = Duration::from_secs(1);
        let is_due = |since: Instant| since.elapsed() > SHORT;
        if self.is_wanted && is_due(self.started) && self.told.is_none_or(is_due) {
            let _ = write!(io::stderr(), "\r{clusters} clusters judged…");
            self.told = Some(Instant::now());
        }
    }

    fn end(&mut self) {
        if self.told.take().is_some() {
            tell("");
        }
    }
}

struct Writer {
    format: Format,
    to: Box<dyn Write>,
    in_color: bool,
    has_findings: bool,
    repeated: Repeated,
}

impl Report {
    /// Opens the outputs.
    ///
    /// # Errors
    ///
    /// Two of them want standard output, or a file cannot be written.
    pub fn begin(args: &ReportArgs) -> Result<Self> {
        let open = |output: Output| -> Result<Writer> {
            let in_color = output.file.is_none() && args.color.is_on();
            let to: Box<dyn Write> = match output.file {
                Some(path) => Box::new(BufWriter::new(
                    File::create(&path).with_context(|| format!("-o: cannot write {}", path.display()))?,
                )),
                None => Box::new(BufWriter::new(io::stdout().lock())),
            };
            Ok(Writer {
                format: output.format,
                to,
                in_color,
                has_findings: false,
                repeated: Repeated::default(),
            })
        };
        let mut writers = args.outputs()?.into_iter().map(open).collect::<Result<Vec<_>>>()?;
        for writer in &mut writers {
            write(&mut writer.to, writer.format.begin())?;
        }
        Ok(Self {
            writers,
            summary: Summary::default(),
            by_rule: BTreeMap::new(),
            progress: Progress::begin(),
            has_failed: false,
            args: args.clone(),
        })
    }

    /// Whether people shall read more than the findings.
    pub fn says_more(&self) -> bool {
        !self.args.no_summary && !self.args.quiet
    }

    /// What is known of the input before it is judged.
    pub fn begin_with(&mut self, input: &Manifests) {
        self.summary.files = input.sources.len() + input.patches;
        self.summary.skipped = input.patches;
        self.summary.left_out = input.left_out.clone();
        self.has_failed |= input.has_failed;
    }

    /// Tells of a text that cannot be read. The rest is judged; the exit code says that something is missing.
    pub fn cannot_read(&mut self, error: &(dyn Error + 'static)) {
        self.progress.end();
        tell(format_args!("error: {}", in_full(error)));
        self.has_failed = true;
    }

    /// Writes some findings.
    ///
    /// # Errors
    ///
    /// An output is full or gone.
    pub fn take(&mut self, judged: Judged) -> Result<()> {
        self.summary.add(judged.summary);
        self.progress.tell(self.summary.clusters);
        for diagnostic in &judged.diagnostics {
            *self.by_rule.entry(diagnostic.rule.id).or_default() += 1;
            if !self.args.quiet || diagnostic.severity == Severity::Error {
                self.write(diagnostic)?;
            }
        }
        Ok(())
    }

    fn write(&mut self, diagnostic: &Diagnostic) -> Result<()> {
        for writer in &mut self.writers {
            if writer.format.is_for_people() {
                write(&mut writer.to, &writer.repeated.rest_before(diagnostic))?;
                if writer.repeated.is_too_many(diagnostic) {
                    continue;
                }
            }
            if std::mem::replace(&mut writer.has_findings, true) {
                write(&mut writer.to, writer.format.between())?;
            }
            write(&mut writer.to, &writer.format.finding(diagnostic, writer.in_color))?;
        }
        Ok(())
    }

    /// Writes what stands at the end, and says what the exit code is.
    ///
    /// # Errors
    ///
    /// An output is full or gone.
    pub fn end(mut self) -> Result<ExitCode> {
        self.progress.end();
        let with_summary = self.says_more();
        for writer in &mut self.writers {
            write(&mut writer.to, &writer.repeated.rest())?;
            if self.args.statistics && writer.format.is_for_people() {
                for (id, count) in &self.by_rule {
                    write(&mut writer.to, &format!("{count:>6}  {id}\n"))?;
                }
            }
            write(&mut writer.to, &writer.format.end(&self.summary, with_summary))?;
            writer.to.flush().or_else(ignore_closed_pipe).context("cannot write the result")?;
        }
        Ok(self.exit_code())
    }

    fn exit_code(&self) -> ExitCode {
        let summary = &self.summary;
        let findings =
            summary.errors + if self.args.fail_on == FailOn::Warning { summary.warnings } else { 0 };
        if self.has_failed {
            ExitCode::from(2)
        } else if findings > 0 {
            ExitCode::from(1)
        } else if self.args.fail_if_none && summary.clusters == 0 {
            ExitCode::from(3)
        } else if summary.not_judged > 0 && summary.clusters == 0 {
            // Nothing but scale requests whose cluster nobody knows: nothing was judged.
            tell("error: nothing was judged: a scale request needs its cluster in the same input");
            ExitCode::from(2)
        } else {
            ExitCode::SUCCESS
        }
    }
}

/// Writes a text; nobody reading it any more is no error.
///
/// # Errors
///
/// The output is full or gone.
pub fn write(to: &mut dyn Write, text: &str) -> Result<()> {
    to.write_all(text.as_bytes()).or_else(ignore_closed_pipe).context("cannot write the result")
}

/// A reader that has seen enough (`| head`) is no fault of ours.
fn ignore_closed_pipe(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}
