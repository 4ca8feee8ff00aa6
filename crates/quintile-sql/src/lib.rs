//! Serves read-only SQL over facts and answers, under a memory limit.
//!
//! The front door hands over [tables](SqlTable): a name, a schema and a way to read. [`query`] answers one `SELECT`,
//! `EXPLAIN`, `SHOW` or `DESCRIBE`. Nothing can be written, no file can be reached, and what a query keeps in memory is
//! counted against its [limits](SqlLimits), its answer included.
//!
//! Names without quotes are lower case, as the tables' own names are.

mod error;
mod gate;
mod table;

pub use error::SqlError;
pub use table::{Batches, Scan, ScanError, SqlTable};

use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{FairSpillPool, MemoryConsumer};
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::prelude::{SessionConfig, SessionContext};
use futures::StreamExt;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// What a query may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SqlLimits {
    /// Memory for the query and its answer.
    pub memory_bytes: usize,
    /// Rows of the answer; more are cut off, and the answer says so.
    pub rows: Option<usize>,
    /// Threads that compute.
    pub threads: usize,
    /// How long it may take, reading and answering; as long as it takes where `None`.
    pub time: Option<Duration>,
}

/// What a query gave.
#[derive(Debug, Clone)]
pub struct SqlAnswer {
    /// The columns; texts are always plain `Utf8`.
    pub schema: SchemaRef,
    /// The rows.
    pub batches: Vec<RecordBatch>,
    /// Whether there were more rows than the limit.
    pub cut_off: bool,
}

/// The longest query that is read, in bytes. A longer one is a program and belongs elsewhere; and a tree as deep as its
/// text is long has to fit the stack.
pub const LONGEST_QUERY: usize = 32 * 1024;

/// Stack of the thread that reads and plans: a text of the greatest length nests as deep as it is long. Only what is
/// used of it is ever memory.
const PLANNING_STACK: usize = 512 * 1024 * 1024;

/// Stack of the threads that compute, over plans that have passed the gate.
const COMPUTING_STACK: usize = 64 * 1024 * 1024;

/// What sorts and groupings may put on disk, in the system's folder for temporary files, removed when the query ends.
const LARGEST_SPILL: u64 = 32 * 1024 * 1024 * 1024;

/// The catalogue and schema that tables show themselves in.
const HOME: (&str, &str) = ("quintile", "store");

/// Answers one read-only query over these tables.
pub fn query(sql: &str, tables: Vec<SqlTable>, limits: SqlLimits) -> Result<SqlAnswer, SqlError> {
    if sql.len() > LONGEST_QUERY {
        return Err(SqlError::TooLong { bytes: sql.len(), most: LONGEST_QUERY });
    }
    // A thread of our own: the caller may stand inside another runtime, and planning wants a deep stack.
    std::thread::scope(|scope| {
        let work = move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(limits.threads.max(1))
                .thread_stack_size(COMPUTING_STACK)
                .enable_time()
                .thread_name("quintile-sql")
                .build()
                .map_err(SqlError::Threads)?;
            let answer = runtime.block_on(in_time(limits.time, answer(sql, tables, limits)));
            // A scan that still waits to hand over its next batch finds nobody there and ends by itself.
            runtime.shutdown_background();
            answer
        };
        let thread = std::thread::Builder::new().name("quintile-sql".into()).stack_size(PLANNING_STACK);
        match thread.spawn_scoped(scope, work).map_err(SqlError::Threads)?.join() {
            Ok(answer) => answer,
            Err(panic) => Err(SqlError::Engine { message: panic_text(panic.as_ref()) }),
        }
    })
}

/// What `work` gives, unless it takes too long. The engine gives way to the clock between batches.
async fn in_time(time: Option<Duration>, work: impl Future<Output = Result<SqlAnswer, SqlError>>) -> Result<SqlAnswer, SqlError> {
    let Some(time) = time else { return work.await };
    tokio::time::timeout(time, work).await.unwrap_or(Err(SqlError::TooSlow { seconds: time.as_secs() }))
}

async fn answer(sql: &str, tables: Vec<SqlTable>, limits: SqlLimits) -> Result<SqlAnswer, SqlError> {
    let runtime = runtime(limits.memory_bytes)?;
    let context = context(runtime.clone(), limits.threads)?;
    let mut names: Vec<String> = Vec::with_capacity(tables.len());
    for table in tables {
        names.push(table.name.clone());
        let name = datafusion::common::TableReference::bare(table.name.clone());
        context.register_table(name, Arc::new(table::Provider::of(table))).map_err(|e| error::of_plan(e, limits))?;
    }
    names.sort();

    let statement = gate::read_only(&context, sql)?;
    gate::known_tables(&context, &statement, &names)?;
    let plan = context.state().statement_to_plan(statement).await.map_err(|e| error::of_plan(e, limits))?;
    gate::options().verify_plan(&plan).map_err(|e| error::of_plan(e, limits))?;
    gate::few_scans(&plan)?;
    let frame = context.execute_logical_plan(plan).await.map_err(|e| error::of_plan(e, limits))?;

    let mut schema = plain_schema(frame.schema().as_arrow());
    let mut stream = frame.execute_stream().await.map_err(|e| error::of_plan(e, limits))?;
    let kept = MemoryConsumer::new("answer").register(&runtime.memory_pool);
    let (mut batches, mut rows, mut cut_off) = (Vec::new(), 0, false);
    while let Some(batch) = stream.next().await {
        let mut batch = batch.map_err(|e| error::of_run(e, limits))?;
        if let Some(most) = limits.rows
            && rows + batch.num_rows() > most
        {
            cut_off = true;
            batch = batch.slice(0, most - rows);
        }
        if batch.num_rows() > 0 {
            let batch = plain_batch(&batch)?;
            kept.try_grow(batch.get_array_memory_size()).map_err(|e| error::of_run(e, limits))?;
            rows += batch.num_rows();
            schema = batch.schema();
            batches.push(batch);
        }
        if cut_off {
            break;
        }
    }
    Ok(SqlAnswer { schema, batches, cut_off })
}

fn runtime(memory_bytes: usize) -> Result<Arc<RuntimeEnv>, SqlError> {
    let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::OsTmpDirectory).with_max_temp_directory_size(LARGEST_SPILL);
    let runtime = RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(FairSpillPool::new(memory_bytes)))
        .with_disk_manager_builder(disk)
        .build_arc()
        .map_err(error::of_engine)?;
    // The only store there is by default is the machine's own files.
    runtime.deregister_object_store(ObjectStoreUrl::local_filesystem().as_ref()).map_err(error::of_engine)?;
    Ok(runtime)
}

fn context(runtime: Arc<RuntimeEnv>, threads: usize) -> Result<SessionContext, SqlError> {
    let config = SessionConfig::new()
        .with_information_schema(true)
        .with_target_partitions(threads.max(1))
        .with_default_catalog_and_schema(HOME.0, HOME.1)
        .set_bool("datafusion.catalog.create_default_catalog_and_schema", true);
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features()
        // No format, no factory: there is no way to name a file, even if a statement slipped through.
        .with_table_factories(HashMap::new())
        .with_file_formats(Vec::new())
        .build();
    Ok(SessionContext::new_with_state(state))
}

fn plain_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::Dictionary(_, values) => plain_type(values),
        other => other.clone(),
    }
}

fn plain_schema(schema: &Schema) -> SchemaRef {
    let plain = |field: &Arc<Field>| field.as_ref().clone().with_data_type(plain_type(field.data_type()));
    Arc::new(Schema::new(schema.fields().iter().map(plain).collect::<Vec<_>>()))
}

fn plain_batch(batch: &RecordBatch) -> Result<RecordBatch, SqlError> {
    table::cast_to(batch, plain_schema(batch.schema_ref())).map_err(|e| error::of_engine(e.into()))
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a thread ended early".to_owned())
}

#[cfg(test)]
mod documented;
#[cfg(test)]
mod tests;
