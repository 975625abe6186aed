//! `syncguard validate`: judge manifests, and say what is wrong, where, and what to change.

use std::{io, process::ExitCode};

use anyhow::{Context, Result, bail};

use super::{
    diff,
    input::InputArgs,
    report::{Report, ReportArgs, write},
    save::save,
    terminal::tell,
};
use crate::{causes::in_full, files::reread, parallel::in_order};
use syncguard_core::policy::Policy;
use syncguard_lint::{
    Judge, Judged, Rewritten,
    pieces::Piece,
    render::findings::counted,
    rewrite,
    source::{ReadError, Source},
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
pub struct Args {
    #[command(flatten)]
    input: InputArgs,

    #[command(flatten)]
    report: ReportArgs,

    /// Put suggested values into the files where that is safe, then judge what remains
    #[arg(long, conflicts_with = "diff")]
    fix: bool,

    /// Show what --fix would change instead; exit code 1 if it would change something
    #[arg(long, conflicts_with_all = ["output", "fail_on", "fail_if_none", "quiet", "statistics", "no_summary"])]
    diff: bool,

    /// Give a rule another severity: error, warning or off; repeatable
    #[arg(long, value_name = "ID=SEVERITY")]
    severity: Vec<String>,

    /// Let no comment and no annotation hide a finding
    #[arg(long)]
    no_inline_ignores: bool,
}

/// Runs `validate`.
///
/// # Errors
///
/// Wrong settings, or input that cannot be read.
pub fn run(args: &Args) -> Result<ExitCode> {
    let mut policy = args.input.policy()?;
    set_severities(&mut policy, &args.severity)?;
    policy.honor_ignores &= !args.no_inline_ignores;
    let mut input = args.input.manifests()?;
    args.report.spare(&input.sources)?;
    let known = args.input.known(&input.sources)?;
    let with_excerpts = args.report.shows_lines();
    let judge =
        Judge { policy: &policy, known: &known, inline_ignores: !args.no_inline_ignores, with_excerpts };
    if args.diff {
        let code = diff(&judge, &input.sources)?;
        return Ok(if input.has_failed { ExitCode::from(2) } else { code });
    }
    let mut all_fixed = true;
    if args.fix {
        all_fixed = fix(&judge, &input.sources)?;
        input.sources.iter_mut().for_each(reread);
    }
    let mut report = Report::begin(&args.report)?;
    report.begin_with(&input);
    judge_all(&judge, &input.sources, &mut report)?;
    let code = report.end()?;
    Ok(if all_fixed { code } else { ExitCode::from(2) })
}

/// What the flags say of rules counts more than the settings.
pub(super) fn set_severities(policy: &mut Policy, pairs: &[String]) -> Result<()> {
    for pair in pairs {
        let (id, severity) = pair.split_once('=').with_context(|| {
            format!("--severity {pair}: expected ID=SEVERITY, as in strict-with-one-standby=off")
        })?;
        policy.set(id, severity).with_context(|| format!("--severity {pair}"))?;
    }
    Ok(())
}

/// Judges all sources on all cores. One that cannot be read is told, and the others are judged all the same; a report
/// that cannot be written ends it.
fn judge_all(judge: &Judge<'_>, sources: &[Source], report: &mut Report) -> Result<()> {
    let mut fault = None;
    let mut take = |judged: Result<Judged, ReadError>| {
        let written = match judged {
            Ok(judged) => report.take(judged),
            Err(error) => {
                report.cannot_read(&error);
                Ok(())
            }
        };
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
type Work<'s> = (&'s Source, Result<Piece, ReadError>);

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

/// Writes suggested values into the files. Says whether all could be; what remains is judged next.
fn fix(judge: &Judge<'_>, sources: &[Source]) -> Result<bool> {
    if sources.iter().any(|source| source.path.is_none()) {
        bail!("--fix changes files; for standard input use --diff");
    }
    let mut all = true;
    for source in sources {
        let Some(path) = &source.path else { continue };
        let Some((before, rewritten)) = suggested(judge, source, &mut all) else { continue };
        if rewritten.splices.is_empty() {
            continue;
        }
        match save(path, &before, &rewritten.apply(&before)) {
            Ok(()) => {
                let fixed = counted(rewritten.edits, "finding");
                tell(format_args!("fixed {fixed} in {}", path.display()));
            }

            Err(error) => {
                tell(format_args!("not fixed: cannot write {}: {error}", path.display()));
                all = false;
            }
        }
    }
    Ok(all)
}

/// Shows what `fix` would do.
fn diff(judge: &Judge<'_>, sources: &[Source]) -> Result<ExitCode> {
    let (mut changed, mut all) = (false, true);
    for source in sources {
        let Some((before, rewritten)) = suggested(judge, source, &mut all) else { continue };
        changed |= !rewritten.splices.is_empty();
        write(&mut io::stdout().lock(), &diff::unified(&source.label(), &before, &rewritten))?;
    }
    Ok(ExitCode::from(if all { u8::from(changed) } else { 2 }))
}

/// A text, and the suggested values that are put into it. What cannot be done is told, and the rest is done.
fn suggested(judge: &Judge<'_>, source: &Source, all: &mut bool) -> Option<(Vec<u8>, Rewritten)> {
    let text = match source.read() {
        Ok(text) => text,
        Err(error) => {
            tell(format_args!("not fixed: {}", in_full(&error)));
            *all = false;
            return None;
        }
    };
    let rewritten = rewrite(&text, |text, document, subjects| judge.suggestions(text, document, subjects));
    for failure in &rewritten.failures {
        tell(format_args!("not fixed: {}: {}", source.label(), in_full(failure)));
        *all = false;
    }
    Some((text, rewritten))
}
