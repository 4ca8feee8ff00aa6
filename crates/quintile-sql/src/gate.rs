//! What may be asked: one statement that reads, over tables that are known.

use crate::error::{self, SqlError, nearest};
use datafusion::common::TableReference;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::logical_expr::LogicalPlan;
use datafusion::prelude::{SQLOptions, SessionContext};
use datafusion::sql::parser::{DFParser, Statement};
use datafusion::sql::sqlparser::ast::{Expr, Statement as SqlStatement, Visit, Visitor};
use std::ops::ControlFlow;

/// The second lock behind [`read_only`]: no plan that defines, changes, copies or sets anything.
pub(crate) fn options() -> SQLOptions {
    SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false)
}

/// The one statement in this text, if it is of a kind that only reads.
pub(crate) fn read_only(context: &SessionContext, sql: &str) -> Result<Statement, SqlError> {
    let mut statements = DFParser::parse_sql(sql).map_err(|e| error::of_syntax(&e))?;
    if statements.len() > 1 {
        return Err(SqlError::ManyStatements { count: statements.len() });
    }
    let Some(statement) = statements.pop_front() else { return Err(SqlError::Empty) };
    // Every read of a statement is on this list; what is not on it is refused, new kinds of a later parser included.
    let mut inner = &statement;
    while let Statement::Explain(explain) = inner {
        inner = &explain.statement;
    }
    let reads = match inner {
        Statement::Statement(sql) => matches!(
            sql.as_ref(),
            SqlStatement::Query(_)
                | SqlStatement::ExplainTable { .. }
                | SqlStatement::ShowTables { .. }
                | SqlStatement::ShowColumns { .. }
                | SqlStatement::ShowFunctions { .. }
                | SqlStatement::ShowVariable { .. }
        ),
        Statement::CreateExternalTable(_) | Statement::CopyTo(_) | Statement::Reset(_) | Statement::Explain(_) => false,
    };
    if let Statement::Statement(sql) = inner
        && sql.visit(&mut Depth(0)).is_break()
    {
        return Err(SqlError::TooDeep { most: DEEPEST_EXPRESSION });
    }
    if !reads {
        return Err(SqlError::NotReadOnly { what: first_words(&inner.to_string()) });
    }
    debug_assert!(context.enable_ident_normalization(), "names without quotes are lower case");
    Ok(statement)
}

/// The deepest expression that is planned: `a + b + c` is two deep. The engine's time grows with more than the square.
const DEEPEST_EXPRESSION: usize = 400;

/// How deep one stands while walking over a statement; breaks when it is too deep.
struct Depth(usize);

impl Visitor for Depth {
    type Break = ();

    fn pre_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.0 += 1;
        if self.0 > DEEPEST_EXPRESSION { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn post_visit_expr(&mut self, _: &Expr) -> ControlFlow<()> {
        self.0 -= 1;
        ControlFlow::Continue(())
    }
}

/// Every table the statement names is one of these, or of `information_schema`.
pub(crate) fn known_tables(context: &SessionContext, statement: &Statement, names: &[String]) -> Result<(), SqlError> {
    let asked = context.state().resolve_table_references(statement).map_err(|e| error::of_syntax(&e))?;
    for table in asked {
        let known = match &table {
            TableReference::Bare { table } => names.iter().any(|name| **name == **table),
            TableReference::Partial { schema, table } | TableReference::Full { schema, table, .. } => {
                &**schema == "information_schema" || names.iter().any(|name| **name == **table)
            }
        };
        if !known {
            let name = table.table().to_owned();
            let nearest = nearest(&name, names.iter().map(String::as_str));
            return Err(SqlError::UnknownTable { name, nearest, known: names.to_vec() });
        }
    }
    Ok(())
}

/// Scans of one plan. Each has a thread of its own, which waits until its rows are wanted; were there more scans than
/// threads, the ones that are wanted could wait behind the ones that are not.
pub(crate) const MOST_SCANS: usize = 200;

/// The plan reads no more tables than there can be scans at once.
pub(crate) fn few_scans(plan: &LogicalPlan) -> Result<(), SqlError> {
    let mut scans = 0;
    let walked = plan.apply_with_subqueries(|node| {
        scans += usize::from(matches!(node, LogicalPlan::TableScan(_)));
        Ok(if scans > MOST_SCANS { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    });
    match walked {
        Ok(_) if scans > MOST_SCANS => Err(SqlError::ManyScans { most: MOST_SCANS }),
        Ok(_) => Ok(()),
        Err(error) => Err(error::of_engine(error)),
    }
}

/// `DROP TABLE` of `DROP TABLE orders`: the leading words in capitals, at most two.
fn first_words(statement: &str) -> String {
    let words = statement.split_whitespace().take_while(|word| word.chars().all(|c| c.is_ascii_uppercase()));
    let words: Vec<&str> = words.take(2).collect();
    if words.is_empty() { "this statement".to_owned() } else { words.join(" ") }
}
