//! From YAML text to documents: the events of the parser, placed in the tree.

use std::{borrow::Cow, ops::Range};

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, Tag};

use super::{
    Comment, Document, Documents, SyntaxError,
    build::{Builder, MAX_DEPTH},
    error::TAB_INDENTS,
    scalar,
    tree::Form,
};

/// Reads all documents of a text, until the first error.
pub(super) fn read(text: &str) -> Documents<'_> {
    let mut reader = Reader::new(text);
    let error = reader.read().err();
    Documents { documents: reader.documents, error }
}

struct Reader<'t> {
    text: &'t str,
    documents: Vec<Document<'t>>,
    builder: Builder<'t>,
    comments: Vec<Comment<'t>>,
    /// Where the current document begins; none between documents.
    start: Option<usize>,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        let builder = Builder::with_capacity((text.len() / 12).min(64));
        Self { text, documents: Vec::new(), builder, comments: Vec::new(), start: None }
    }

    fn read(&mut self) -> Result<(), SyntaxError> {
        for next in Parser::new_from_str_with_options(self.text, options(self.text)) {
            let (event, span) = next.map_err(|error| SyntaxError::of_yaml(&error, self.text))?;
            self.event(event, &span)?;
        }
        // What stands behind the last document belongs to it.
        if let Some(last) = self.documents.last_mut() {
            last.comments.append(&mut self.comments);
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'t>, span: &Span) -> Result<(), SyntaxError> {
        let range = span.byte_range().unwrap_or_default();
        match event {
            Event::DocumentStart(_, version) => {
                if version.is_some_and(|version| (version.major, version.minor) != (1, 1)) {
                    let message = "Kubernetes reads YAML 1.1 only; remove the %YAML line";
                    return Err(SyntaxError::new(message, range));
                }
                self.start = Some(self.comments.first().map_or(range.start, |first| first.range.start));
            }
            Event::DocumentEnd => self.finish(range.end),
            Event::Comment(..) => self.comment(range),
            Event::Scalar(text, style, anchor, tag) => {
                let (text, form) = typed(text, style, tag.as_deref(), &range)?;
                self.builder.scalar(text, form, self.written(style, range), anchor)?;
            }
            Event::SequenceStart(_, anchor, _) => self.open(false, range, anchor)?,
            Event::MappingStart(_, anchor, _) => self.open(true, range, anchor)?,
            Event::SequenceEnd | Event::MappingEnd => {
                // Only the end of a flow collection is a token; a block just stops.
                self.builder.close((!range.is_empty()).then_some(range.end))?;
            }
            Event::Alias(id) => self.builder.alias(id, range)?,
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, is_map: bool, range: Range<usize>, anchor: usize) -> Result<(), SyntaxError> {
        let is_block = range.is_empty();
        let before = self.text.get(..range.start).unwrap_or_default();
        // The parser lets a tab indent the first line of a block; go-yaml, like YAML itself, does not.
        if is_block && before.ends_with('\t') {
            return Err(SyntaxError::new(TAB_INDENTS, range.start - 1..range.start));
        }
        let range = if is_block && !is_map { self.with_dash(range) } else { range };
        self.builder.open(is_map, range, anchor)
    }

    /// A block list from its first dash. The parser skips that where the list is not indented below its key.
    fn with_dash(&self, range: Range<usize>) -> Range<usize> {
        if self.text.as_bytes().get(range.start) == Some(&b'-') {
            return range;
        }
        let key = self.builder.last_end().min(range.start);
        let gap = self.text.get(key..range.start).unwrap_or_default();
        let mut lines = gap.split_inclusive('\n').scan(key, |at, line| {
            *at += line.len();
            Some((*at - line.trim_ascii_start().len(), line))
        });
        let dash = lines.find(|(_, line)| line.trim_ascii_start().starts_with('-'));
        dash.map_or(range.start, |(start, _)| start)..range.end
    }

    fn finish(&mut self, end: usize) {
        let next = Builder::with_capacity(self.builder.len());
        let builder = std::mem::replace(&mut self.builder, next);
        let span = self.start.take().unwrap_or(end)..end;
        let comments = std::mem::take(&mut self.comments);
        let tree = builder.finish();
        self.documents.extend(tree.map(|tree| Document { tree, comments, span }));
    }

    fn comment(&mut self, range: Range<usize>) {
        let line = self.text.get(..range.start).unwrap_or_default();
        let line = line.rsplit(['\n', '\r']).next().unwrap_or_default();
        let stands_alone = line.trim_start_matches('\u{feff}').trim_ascii().is_empty();
        let text = self.text.get(range.start + 1..range.end).unwrap_or_default();
        self.comments.push(Comment { text, range, stands_alone });
    }

    /// The bytes of a scalar. The parser leaves out the header of a block scalar, and reports an absent value
    /// as one without text.
    fn written(&self, style: ScalarStyle, range: Range<usize>) -> Range<usize> {
        if !matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            return range;
        }
        let before = self.builder.last_end().min(range.start);
        let header = self.text.get(before..range.start).and_then(|gap| gap.find(['|', '>']));
        header.map_or(range.start, |offset| before + offset)..range.end
    }
}

fn options(text: &str) -> Options {
    granit_parser::options! {
        emit_comments: memchr::memchr(b'#', text.as_bytes()).is_some(),
        // Files begin with licences and list items are commented out by the page.
        max_buffered_comment_events: usize::MAX,
        flow_nesting_limit: MAX_DEPTH + 1,
        block_nesting_limit: MAX_DEPTH + 1,
        block_scalar_eof_without_line_feed: true,
    }
}

/// What a scalar holds, by its style and tag.
fn typed<'t>(
    text: Cow<'t, str>,
    style: ScalarStyle,
    tag: Option<&Tag>,
    range: &Range<usize>,
) -> Result<(Cow<'t, str>, Form), SyntaxError> {
    let Some(tag) = tag else {
        return Ok((text, if style == ScalarStyle::Plain { Form::Plain } else { Form::Text }));
    };
    match tag.suffix_in_namespace("tag:yaml.org,2002:").as_deref() {
        Some("merge") if text == "<<" => Ok((text, Form::Plain)),
        Some(name) => {
            let tagged = scalar::tagged(name, text);
            let (text, plain) = tagged.map_err(|message| SyntaxError::new(message, range.clone()))?;
            Ok((text, if plain { Form::Plain } else { Form::Text }))
        }
        None => Ok((text, Form::Text)),
    }
}
