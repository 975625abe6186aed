//! `syncguard validate`: judge manifests, and say what is wrong, where, and what to change.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufWriter, IsTerminal, Write},
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use super::input::InputArgs;
use crate::{
    input::{InputError, Piece, Source},
    offline::{Judge, Judged, rewrite},
    parallel::in_order,
    render::{
        diagnostic::{Diagnostic, Summary},
        findings::{Format, counted},
    },
    rule::Severity,
};

const EXAMPLES: &str = "\
Examples:
  syncguard validate                         every manifest below this directory
  helm template . | syncguard validate       what a chart makes
  syncguard validate -o concise -o json=out.json db.yaml
  syncguard validate --old live.yaml db.yaml what the change to db.yaml would do

To accept a finding: `# syncguard: ignore[ID] reason` at the end of the line or above it, or the
annotation syncguard.dev/ignore: \"ID: reason\". Errors become warnings, warnings are hidden.

Exit codes: 0 nothing at or above --fail-on, 1 findings, 2 wrong usage, settings or input,
3 no cluster with --fail-if-none.";

/// What `validate` takes.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that somebody can type")]
pub struct Args {
    #[command(flatten)]
    input: InputArgs,

    /// How findings are written: full, concise, json or jsonl; FORMAT=FILE writes a file beside; repeatable
    #[arg(short, long, value_name = "FORMAT[=FILE]", value_parser = parse_output)]
    output: Vec<Output>,

    /// What makes the exit code 1
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    fail_on: FailOn,

    /// Exit with 3 if the input has no cluster
    #[arg(long)]
    fail_if_none: bool,

    /// Put suggested values into the files where that is safe, then judge what remains
    #[arg(long)]
    fix: bool,

    /// Show what --fix would change instead; exit code 1 if it would change something
    #[arg(long)]
    diff: bool,

    /// Let no comment and no annotation hide a finding
    #[arg(long)]
    no_inline_ignores: bool,

    /// Errors only, and no summary
    #[arg(short, long)]
    quiet: bool,

    /// How often each rule spoke, at the end
    #[arg(long)]
    statistics: bool,

    /// Leave the summary out
    #[arg(long)]
    no_summary: bool,

    /// When to use colour
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    color: Colour,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

impl Colour {
    fn is_on(self) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
            }
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
    let format = Format::from_str(format, false).map_err(|_| {
        let names: Vec<_> = Format::value_variants().iter().filter_map(Format::to_possible_value).collect();
        let names: Vec<_> = names.iter().map(clap::builder::PossibleValue::get_name).collect();
        let meant = crate::policy::did_you_mean(crate::replication::nearest(format, names.iter().copied()));
        format!("the formats are {}{meant}", crate::rule::one_of(&names))
    })?;
    Ok(Output { format, file })
}

/// Runs `validate`.
///
/// # Errors
///
/// Wrong settings, or input that cannot be read.
pub fn run(args: &Args) -> Result<ExitCode> {
    let mut policy = args.input.policy()?;
    policy.honor_ignores &= !args.no_inline_ignores;
    let (mut sources, patches) = args.input.sources()?;
    let known = args.input.known(&sources)?;
    let with_excerpts = args.outputs()?.iter().any(|output| output.format == Format::Full);
    let judge =
        Judge { policy: &policy, known: &known, inline_ignores: !args.no_inline_ignores, with_excerpts };
    if args.diff {
        return diff(&judge, &sources);
    }
    if args.fix {
        fix(&judge, &sources)?;
        sources = args.input.sources()?.0;
    }
    let mut report = Report::begin(args)?;
    report.summary.files = sources.len() + patches;
    report.summary.skipped = patches;
    judge_all(&judge, &sources, &mut report)?;
    report.end()
}

impl Args {
    /// Where findings go; the terminal gets the full format unless another was asked for.
    fn outputs(&self) -> Result<Vec<Output>> {
        let mut outputs = self.output.clone();
        match outputs.iter().filter(|output| output.file.is_none()).count() {
            0 => outputs.push(Output { format: Format::Full, file: None }),
            1 => {}
            _ => bail!("-o: only one format can go to standard output; give the others a file: -o json=FILE"),
        }
        Ok(outputs)
    }
}

/// Judges all sources on all cores; the first that cannot be read ends it.
fn judge_all(judge: &Judge<'_>, sources: &[Source], report: &mut Report) -> Result<()> {
    let mut fault = None;
    let mut take = |judged: Result<Judged, InputError>| {
        let written = judged.map_err(anyhow::Error::from).and_then(|judged| report.take(&judged));
        if let Err(error) = written {
            fault.get_or_insert(error);
        }
    };
    in_order(
        loads(sources.iter().flat_map(pieces)),
        |load| load.into_iter().map(|(source, piece)| Ok(judge.piece(source, &piece?))).collect::<Vec<_>>(),
        |judged| judged.into_iter().for_each(&mut take),
    );
    fault.map_or(Ok(()), Err)
}

/// A piece and the source that it is of.
type Work<'s> = (&'s Source, Result<Piece, InputError>);

/// The pieces of a source.
fn pieces(source: &Source) -> Box<dyn Iterator<Item = Work<'_>> + Send + '_> {
    match source.pieces() {
        Ok(pieces) => {
            Box::new(pieces.map(move |piece| (source, piece.map_err(|error| source.unreadable(error)))))
        }
        Err(error) => Box::new(std::iter::once((source, Err(error)))),
    }
}

/// Pieces in loads that are worth handing to a thread: ten thousand small files are a few hundred loads.
fn loads<'s>(
    mut pieces: impl Iterator<Item = Work<'s>> + Send,
) -> impl Iterator<Item = Vec<Work<'s>>> + Send {
    const WORTH_IT: usize = 64 << 10;
    std::iter::from_fn(move || {
        let (mut load, mut bytes) = (Vec::new(), 0);
        while bytes < WORTH_IT {
            let Some(work) = pieces.next() else { break };
            bytes += work.1.as_ref().map_or(0, |piece| piece.bytes.len());
            load.push(work);
        }
        (!load.is_empty()).then_some(load)
    })
}

/// What is written while findings come in.
struct Report {
    writers: Vec<Writer>,
    summary: Summary,
    by_rule: BTreeMap<&'static str, usize>,
    progress: Progress,
    args: Args,
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
            anstream::eprint!("\r{clusters} clusters judged…");
            self.told = Some(Instant::now());
        }
    }

    fn end(&self) {
        if self.told.is_some() {
            anstream::eprintln!();
        }
    }
}

struct Writer {
    format: Format,
    to: Box<dyn Write>,
    in_colour: bool,
    has_findings: bool,
}

impl Report {
    fn begin(args: &Args) -> Result<Self> {
        let open = |output: Output| -> Result<Writer> {
            let in_colour = output.file.is_none() && args.color.is_on();
            let to: Box<dyn Write> = match output.file {
                Some(path) => Box::new(BufWriter::new(
                    File::create(&path).with_context(|| format!("-o: cannot write {}", path.display()))?,
                )),
                None => Box::new(BufWriter::new(io::stdout().lock())),
            };
            Ok(Writer { format: output.format, to, in_colour, has_findings: false })
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
            args: args.clone(),
        })
    }

    fn take(&mut self, judged: &Judged) -> Result<()> {
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
            if std::mem::replace(&mut writer.has_findings, true) {
                write(&mut writer.to, writer.format.between())?;
            }
            write(&mut writer.to, &writer.format.finding(diagnostic, writer.in_colour))?;
        }
        Ok(())
    }

    fn end(mut self) -> Result<ExitCode> {
        self.progress.end();
        let with_summary = !self.args.no_summary && !self.args.quiet;
        for writer in &mut self.writers {
            if self.args.statistics && matches!(writer.format, Format::Full | Format::Concise) {
                for (id, count) in &self.by_rule {
                    write(&mut writer.to, &format!("{count:>6}  {id}\n"))?;
                }
            }
            write(&mut writer.to, &writer.format.end(&self.summary, with_summary))?;
            writer.to.flush().or_else(ignore_closed_pipe)?;
        }
        Ok(self.exit_code())
    }

    fn exit_code(&self) -> ExitCode {
        let summary = &self.summary;
        let findings =
            summary.errors + if self.args.fail_on == FailOn::Warning { summary.warnings } else { 0 };
        if findings > 0 {
            ExitCode::from(1)
        } else if self.args.fail_if_none && summary.clusters == 0 {
            ExitCode::from(3)
        } else if summary.not_judged > 0 && summary.clusters == 0 {
            // Nothing but scale requests whose cluster nobody knows: nothing was judged.
            ExitCode::from(2)
        } else {
            ExitCode::SUCCESS
        }
    }
}

fn write(to: &mut dyn Write, text: &str) -> Result<()> {
    to.write_all(text.as_bytes()).or_else(ignore_closed_pipe).context("cannot write the findings")
}

/// A reader that has seen enough (`| head`) is no fault of ours.
fn ignore_closed_pipe(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}

/// Writes suggested values into the files.
fn fix(judge: &Judge<'_>, sources: &[Source]) -> Result<()> {
    for source in sources {
        let Some(path) = &source.path else { bail!("--fix changes files; for standard input use --diff") };
        let before = source.read()?;
        let (after, fixed) = suggested(judge, source, &before)?;
        if after != before {
            fs::write(path, after).with_context(|| format!("cannot write {}", path.display()))?;
            anstream::eprintln!("fixed {} in {}", counted(fixed, "finding"), path.display());
        }
    }
    Ok(())
}

/// Shows what `fix` would do.
fn diff(judge: &Judge<'_>, sources: &[Source]) -> Result<ExitCode> {
    let mut changed = false;
    for source in sources {
        let before = source.read()?;
        let (after, _) = suggested(judge, source, &before)?;
        changed |= after != before;
        let name = source.name.as_deref().unwrap_or("<stdin>");
        write(&mut io::stdout().lock(), &super::mutate::unified_diff(name, &before, &after))?;
    }
    Ok(ExitCode::from(u8::from(changed)))
}

/// A text with the suggested values in it, and how many there are.
fn suggested(judge: &Judge<'_>, source: &Source, text: &[u8]) -> Result<(Vec<u8>, usize)> {
    let mut fixed = 0;
    let after = rewrite(text, |subject| {
        let edits = judge.suggestions(subject);
        fixed += edits.len();
        edits
    });
    let name = || source.name.as_deref().unwrap_or("<stdin>").to_owned();
    Ok((after.with_context(name)?, fixed))
}
