//! A file's statements, one after the other, and the INSERT that each must be.

use super::{fault::Why, value::Literal};
use sqlparser::{
    ast::{Insert, ObjectName, ObjectNamePart, SetExpr, Statement as Sql, TableObject},
    dialect::GenericDialect,
    parser::{Parser, ParserError},
    tokenizer::{Token, TokenWithSpan, Tokenizer},
};

/// The generic dialect takes a backslash in a text as it stands, as the original's dump means it; MySQL's would eat it.
const DIALECT: GenericDialect = GenericDialect {};

/// An INSERT, its values by row.
pub(super) struct Statement {
    /// The table's name as written.
    pub table: String,
    /// The columns' names, in lower case.
    pub columns: Vec<String>,
    /// The values.
    pub rows: Vec<Vec<Literal>>,
}

/// What a statement can't be read for, and the table's name as far as it is known.
pub(super) type Unread = (Option<String>, Why);

/// Gives each statement to `take`, in order. They are told apart before they are parsed, so that one which doesn't parse
/// leaves the others their numbers; what can't even be cut into words ends the file.
pub(super) fn for_each(sql: &str, mut take: impl FnMut(Result<Statement, Unread>)) {
    let mut tokens = Vec::new();
    let cut = Tokenizer::new(&DIALECT, sql).tokenize_with_location_into_buf(&mut tokens);
    let mut statement = Vec::new();
    for token in tokens {
        match token.token {
            Token::SemiColon => {
                if !is_blank(&statement) {
                    take(parse(std::mem::take(&mut statement)));
                }
            }
            _ => statement.push(token),
        }
    }
    if let Err(error) = cut {
        take(Err((None, Why::Unparsable(error.to_string()))));
    } else if !is_blank(&statement) {
        take(parse(statement));
    }
}

/// White space and comments only.
fn is_blank(tokens: &[TokenWithSpan]) -> bool {
    tokens.iter().all(|token| matches!(token.token, Token::Whitespace(_)))
}

/// Words and signs between two commas beyond the few that a plain row needs, over a whole statement. A chain such as `1+1+1…` is a
/// tree as deep as it is long, and whoever prints or drops that needs as much stack.
const EXCESS_MAX: usize = 500;
/// A sign, a value and a parenthesis.
const PLAIN: usize = 3;

/// Whether a statement could be nested more deeply than any plain INSERT.
fn is_deep(tokens: &[TokenWithSpan]) -> bool {
    let pieces = tokens.split(|token| token.token == Token::Comma);
    let words = |piece: &[TokenWithSpan]| piece.iter().filter(|token| !matches!(token.token, Token::Whitespace(_))).count();
    pieces.map(|piece| words(piece).saturating_sub(PLAIN)).sum::<usize>() > EXCESS_MAX
}

fn parse(tokens: Vec<TokenWithSpan>) -> Result<Statement, Unread> {
    if is_deep(&tokens) {
        let first = tokens.iter().find(|token| !matches!(token.token, Token::Whitespace(_)));
        let is_insert = first.is_some_and(|first| first.token.to_string().eq_ignore_ascii_case("insert"));
        return Err((None, if is_insert { Why::Unparsable("it is nested too deeply".to_owned()) } else { Why::NotInsert }));
    }
    let mut parser = Parser::new(&DIALECT).with_tokens_with_locations(tokens);
    let parsed = parser.parse_statement().and_then(|statement| {
        let rest = parser.peek_token();
        if rest.token == Token::EOF { Ok(statement) } else { parser.expected("the end of the statement", rest) }
    });
    match parsed {
        Ok(Sql::Insert(insert)) => plain(insert),
        Ok(_) => Err((None, Why::NotInsert)),
        Err(ParserError::TokenizerError(message) | ParserError::ParserError(message)) => Err((None, Why::Unparsable(message))),
        Err(ParserError::RecursionLimitExceeded) => Err((None, Why::Unparsable("it is nested too deeply".to_owned()))),
    }
}

fn plain(insert: Insert) -> Result<Statement, Unread> {
    let TableObject::TableName(name) = &insert.table else { return Err((None, Why::NotPlain)) };
    let table = written(name);
    if insert.columns.is_empty() {
        return Err((Some(table), Why::NoColumns));
    }
    // Whatever else the dialect allows in an INSERT (a conflict's clause, an alias, returning …) shows when it is printed.
    let names: Vec<_> = insert.columns.iter().map(ToString::to_string).collect();
    let body = insert.source.as_ref().map(|source| source.body.to_string()).unwrap_or_default();
    if insert.to_string() != format!("INSERT INTO {name} ({}) {body}", names.join(", ")) {
        return Err((Some(table), Why::NotPlain));
    }
    let columns = insert.columns.iter().map(|column| written(column).to_ascii_lowercase()).collect();
    match insert.source.map(|source| *source.body) {
        Some(SetExpr::Values(values)) => {
            let rows = values.rows.into_iter().map(|row| row.content.into_iter().map(Literal::from).collect()).collect();
            Ok(Statement { table, columns, rows })
        }
        _ => Err((Some(table), Why::NotPlain)),
    }
}

/// A name without its quotes; one of several parts keeps them all, and names no table of ours.
fn written(name: &ObjectName) -> String {
    match name.0.as_slice() {
        [ObjectNamePart::Identifier(name)] => name.value.clone(),
        _ => name.to_string(),
    }
}
