//! From tokens to the values of a document, by the grammar of go-yaml v2.

use std::{borrow::Cow, ops::Range};

use super::{
    super::{SyntaxError, build::Builder, error, scalar, tree::Form},
    scanner::{Kind, Scanner},
};

/// Reads the values of one document into its tree. Nesting is bounded by the builder, and with it the recursion.
pub(super) struct Parser<'p, 't> {
    scanner: &'p mut Scanner<'t>,
    builder: &'p mut Builder<'t>,
    /// The brackets that are open.
    brackets: Vec<Range<usize>>,
}

/// What stands before a value: `&anchor`, `!tag`, both or neither.
#[derive(Default)]
struct Properties<'t> {
    anchor: Option<&'t str>,
    tag: Option<Cow<'t, str>>,
    end: Option<usize>,
}

/// Where a value stands.
#[derive(Clone, Copy, PartialEq)]
enum Context {
    InBrackets,
    InBlock,
    /// Behind a key, where a list need not be indented.
    BehindKey,
}

type Read = Result<(), SyntaxError>;

impl<'p, 't> Parser<'p, 't> {
    pub fn new(scanner: &'p mut Scanner<'t>, builder: &'p mut Builder<'t>) -> Self {
        Self { scanner, builder, brackets: Vec::new() }
    }

    /// The value of the document.
    pub fn root(&mut self) -> Read {
        self.node(Context::InBlock)
    }

    /// A value that is not there.
    pub fn nothing(&mut self, at: usize) -> Read {
        self.builder.scalar(Cow::Borrowed(""), Form::Plain, at..at, None)
    }

    fn node(&mut self, context: Context) -> Read {
        let range = self.range()?;
        if let Kind::Alias(name) = self.kind()? {
            let name = *name;
            self.scanner.take();
            return self.builder.alias(name, range);
        }
        let properties = self.properties()?;
        let range = self.range()?;
        let anchor = properties.anchor;
        match self.kind()? {
            Kind::Dash if context == Context::BehindKey => self.list_at_key(anchor),
            Kind::Scalar(..) => self.scalar(&properties),
            Kind::FlowListStart => self.flow_list(anchor),
            Kind::FlowMapStart => self.flow_map(anchor),
            Kind::BlockListStart if context != Context::InBrackets => self.block_list(anchor),
            Kind::BlockMapStart if context != Context::InBrackets => self.block_map(anchor),
            _ => match properties.end {
                Some(end) => {
                    let (text, form) = typed("".into(), Form::Plain, properties.tag.as_deref(), &(end..end))?;
                    self.builder.scalar(text, form, end..end, anchor)
                }
                None => Err(self.unexpected(error::NO_VALUE, range)?),
            },
        }
    }

    fn properties(&mut self) -> Result<Properties<'t>, SyntaxError> {
        let mut properties = Properties::default();
        loop {
            let end = self.range()?.end;
            match self.kind()? {
                Kind::Anchor(name) if properties.anchor.is_none() => properties.anchor = Some(name),
                Kind::Tag(tag) if properties.tag.is_none() => properties.tag = Some(tag.clone()),
                _ => return Ok(properties),
            }
            properties.end = Some(end);
            self.scanner.take();
        }
    }

    fn scalar(&mut self, properties: &Properties<'t>) -> Read {
        let Some(token) = self.scanner.take() else { return Ok(()) };
        let Kind::Scalar(text, form) = token.kind else { return Ok(()) };
        let (text, form) = typed(text, form, properties.tag.as_deref(), &token.range)?;
        self.builder.scalar(text, form, token.range, properties.anchor)
    }

    fn block_list(&mut self, anchor: Option<&'t str>) -> Read {
        let start = self.skip()?.start;
        self.builder.open_list(start..start, anchor)?;
        while *self.kind()? == Kind::Dash {
            let dash = self.skip()?;
            match self.kind()? {
                Kind::Dash | Kind::BlockEnd => self.nothing_behind(dash)?,
                _ => self.node_behind(dash, Context::InBlock)?,
            }
        }
        self.end_of_block()
    }

    /// A list whose dashes stand at the column of its key: it just ends where no dash comes.
    fn list_at_key(&mut self, anchor: Option<&'t str>) -> Read {
        let start = self.range()?.start;
        self.builder.open_list(start..start, anchor)?;
        while *self.kind()? == Kind::Dash {
            let dash = self.skip()?;
            match self.kind()? {
                Kind::Dash | Kind::Key | Kind::Colon | Kind::BlockEnd => self.nothing_behind(dash)?,
                _ => self.node_behind(dash, Context::InBlock)?,
            }
        }
        self.builder.close(None)
    }

    fn block_map(&mut self, anchor: Option<&'t str>) -> Read {
        let start = self.skip()?.start;
        self.builder.open_map(start..start, anchor)?;
        while *self.kind()? == Kind::Key {
            let key = self.skip()?;
            self.part_of_pair(key)?;
            if *self.kind()? == Kind::Colon {
                let colon = self.skip()?;
                self.part_of_pair(colon)?;
            } else {
                let at = self.builder.last_end();
                self.nothing(at)?;
            }
        }
        self.end_of_block()
    }

    /// The key or the value of a pair, which can be left out.
    fn part_of_pair(&mut self, indicator: Range<usize>) -> Read {
        match self.kind()? {
            Kind::Key | Kind::Colon | Kind::BlockEnd => self.nothing_behind(indicator),
            _ => self.node_behind(indicator, Context::BehindKey),
        }
    }

    fn end_of_block(&mut self) -> Read {
        if *self.kind()? != Kind::BlockEnd {
            return Err(SyntaxError::new(error::NOT_ALIGNED, self.range()?));
        }
        self.scanner.take();
        self.builder.close(None)
    }

    fn flow_list(&mut self, anchor: Option<&'t str>) -> Read {
        let bracket = self.skip()?;
        self.builder.open_list(bracket.clone(), anchor)?;
        self.brackets.push(bracket);
        let mut is_first = true;
        while self.has_item(&Kind::FlowListEnd, &mut is_first)? {
            match self.kind()? {
                Kind::Key => self.pair_in_list()?,
                _ => self.node(Context::InBrackets)?,
            }
        }
        self.end_of_brackets()
    }

    /// `[a: b]` is a list of a mapping.
    fn pair_in_list(&mut self) -> Read {
        let key = self.skip()?;
        self.builder.open_map(key.start..key.start, None)?;
        match self.kind()? {
            // As in go-yaml, what ends the key without one is passed over.
            Kind::Colon | Kind::Comma | Kind::FlowListEnd => {
                self.skip()?;
                self.nothing_behind(key)?;
            }
            _ => self.node(Context::InBrackets)?,
        }
        self.value_in_brackets()?;
        self.builder.close(None)
    }

    fn flow_map(&mut self, anchor: Option<&'t str>) -> Read {
        let brace = self.skip()?;
        self.builder.open_map(brace.clone(), anchor)?;
        self.brackets.push(brace);
        let mut is_first = true;
        while self.has_item(&Kind::FlowMapEnd, &mut is_first)? {
            if *self.kind()? == Kind::Key {
                let key = self.skip()?;
                match self.kind()? {
                    Kind::Colon | Kind::Comma | Kind::FlowMapEnd => self.nothing_behind(key)?,
                    _ => self.node(Context::InBrackets)?,
                }
                self.value_in_brackets()?;
            } else {
                self.node(Context::InBrackets)?;
                let at = self.builder.last_end();
                self.nothing(at)?;
            }
        }
        self.end_of_brackets()
    }

    /// Whether one more item comes before the brackets end; takes the comma in front of it, which may also follow the last item.
    fn has_item(&mut self, end: &Kind<'t>, is_first: &mut bool) -> Result<bool, SyntaxError> {
        if self.kind()? != end && !std::mem::take(is_first) {
            self.comma()?;
        }
        Ok(self.kind()? != end)
    }

    fn end_of_brackets(&mut self) -> Read {
        let end = self.skip()?.end;
        self.brackets.pop();
        self.builder.close(Some(end))
    }

    fn value_in_brackets(&mut self) -> Read {
        if *self.kind()? == Kind::Colon {
            let colon = self.skip()?;
            return match self.kind()? {
                Kind::Comma | Kind::FlowMapEnd | Kind::FlowListEnd => self.nothing_behind(colon),
                _ => self.node_behind(colon, Context::InBrackets),
            };
        }
        let at = self.builder.last_end();
        self.nothing(at)
    }

    fn comma(&mut self) -> Read {
        let range = self.range()?;
        match self.kind()? {
            Kind::Comma => self.skip().map(drop),
            _ => Err(self.unexpected(error::NO_COMMA, range)?),
        }
    }

    /// Why the next token cannot stand here: where the document ends, the bracket that is open is to blame.
    fn unexpected(&mut self, problem: &str, range: Range<usize>) -> Result<SyntaxError, SyntaxError> {
        let is_end = matches!(self.kind()?, Kind::TextEnd | Kind::DocumentStart | Kind::DocumentEnd);
        Ok(match self.brackets.last().filter(|_| is_end) {
            Some(bracket) => SyntaxError::new(error::NO_BRACKET, bracket.clone()),
            None => SyntaxError::new(problem, range),
        })
    }

    fn node_behind(&mut self, indicator: Range<usize>, context: Context) -> Read {
        self.builder.lead = Some(indicator.start);
        self.node(context)
    }

    fn nothing_behind(&mut self, indicator: Range<usize>) -> Read {
        self.builder.lead = Some(indicator.start);
        self.nothing(indicator.end)
    }

    fn kind(&mut self) -> Result<&Kind<'t>, SyntaxError> {
        self.scanner.peek().map(|token| &token.kind)
    }

    fn range(&mut self) -> Result<Range<usize>, SyntaxError> {
        self.scanner.peek().map(|token| token.range.clone())
    }

    /// Takes a token of which only the place counts.
    fn skip(&mut self) -> Result<Range<usize>, SyntaxError> {
        let range = self.range()?;
        self.scanner.take();
        Ok(range)
    }
}

/// What a scalar of this form holds, by its tag.
fn typed<'t>(
    text: Cow<'t, str>,
    form: Form,
    tag: Option<&str>,
    range: &Range<usize>,
) -> Result<(Cow<'t, str>, Form), SyntaxError> {
    let Some(tag) = tag else { return Ok((text, form)) };
    match tag.strip_prefix("tag:yaml.org,2002:") {
        Some("merge") if text == "<<" => Ok((text, Form::Plain)),
        Some(name) => scalar::tagged(name, text).map_err(|message| SyntaxError::new(message, range.clone())),
        None => Ok((text, Form::Text)),
    }
}
