//! Records: what a connector hands over, in Arrow columns, before keys and identity.
//!
//! A batch of records carries the columns it knows, by the names and types of [`RecordKind::columns`]; a column that is
//! absent is unknown for every row. Only the columns marked required must be there and must not be null.

use crate::money;
use crate::touchpoints::Touchpoint;
use arrow::datatypes::{DataType, Field, TimeUnit};

/// What one row of a batch of records is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RecordKind {
    /// An order. Rows of one order that agree in version are one order: the earliest time, the first known of the rest.
    Orders,
    /// A line of an order.
    Lines,
    /// Money given back.
    Refunds,
    /// An order called off.
    Cancellations,
    /// What the source says of a registered customer.
    Customers,
    /// What the source says of a product.
    Products,
    /// Money spent on winning or keeping customers, by channel, campaign and day or month.
    Costs,
    /// Something a customer did, or that happened to them, beside ordering.
    Touchpoint(Touchpoint),
}

/// A column of a kind: name, type, and whether each row must have it.
#[derive(Debug, Clone)]
pub struct RecordColumn {
    /// The name in batches, and in mappings.
    pub name: &'static str,
    /// The Arrow type in batches.
    pub data_type: DataType,
    /// Must be there in every row.
    pub required: bool,
    /// What it means, for mappings and help.
    pub meaning: &'static str,
}

/// Amounts: `decimal(18,4)` in 64 bits.
pub fn amount_type() -> DataType {
    DataType::Decimal64(money::PRECISION, money::SCALE as i8)
}

/// The zone of stored instants: UTC, as an offset, which Arrow reads without a zone database.
pub const UTC_OFFSET: &str = "+00:00";

/// Instants: microseconds, UTC.
pub fn instant_type() -> DataType {
    DataType::Timestamp(TimeUnit::Microsecond, Some(UTC_OFFSET.into()))
}

/// Texts that repeat: products, categories, countries.
pub fn repeated_text_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// Standing of an order, as a connector reads it from the source's status: only `counts` counts.
pub mod standing {
    /// A placed order, paid as far as the source says.
    pub const COUNTS: &str = "counts";
    /// Waiting for a payment that has not been seen.
    pub const UNPAID: &str = "unpaid";
    /// The payment failed.
    pub const FAILED: &str = "failed";
    /// Not placed yet.
    pub const DRAFT: &str = "draft";
    /// Placed to test the shop.
    pub const TEST: &str = "test";
}

/// What a cost was spent on.
pub mod cost {
    /// Winning customers, by channel.
    pub const ACQUISITION: &str = "acquisition";
    /// A campaign.
    pub const CAMPAIGN: &str = "campaign";
    /// One request to the help desk.
    pub const TICKET: &str = "ticket";
    /// All of them.
    pub const ALL: [&str; 3] = [ACQUISITION, CAMPAIGN, TICKET];
}

/// What a line is of.
pub mod line_kind {
    /// Goods sold: the only kind that counts in products, categories and units.
    pub const SALE: &str = "sale";
    /// Goods taken back.
    pub const RETURN: &str = "return";
    /// Postage.
    pub const SHIPPING: &str = "shipping";
    /// A discount that is a line of its own.
    pub const DISCOUNT: &str = "discount";
    /// A fee.
    pub const FEE: &str = "fee";
    /// A manual or bookkeeping entry.
    pub const ADJUSTMENT: &str = "adjustment";
    /// All of them.
    pub const ALL: [&str; 6] = [SALE, RETURN, SHIPPING, DISCOUNT, FEE, ADJUSTMENT];
}

impl RecordKind {
    /// All kinds, in the order of this list.
    pub const ALL: [RecordKind; 15] = [
        Self::Orders,
        Self::Lines,
        Self::Refunds,
        Self::Cancellations,
        Self::Customers,
        Self::Products,
        Self::Costs,
        Self::Touchpoint(Touchpoint::Events),
        Self::Touchpoint(Touchpoint::Carts),
        Self::Touchpoint(Touchpoint::Messages),
        Self::Touchpoint(Touchpoint::Tickets),
        Self::Touchpoint(Touchpoint::Reviews),
        Self::Touchpoint(Touchpoint::Surveys),
        Self::Touchpoint(Touchpoint::Referrals),
        Self::Touchpoint(Touchpoint::Consents),
    ];

    /// The name in mappings and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Orders => "orders",
            Self::Lines => "lines",
            Self::Refunds => "refunds",
            Self::Cancellations => "cancellations",
            Self::Customers => "customers",
            Self::Products => "products",
            Self::Costs => "costs",
            Self::Touchpoint(kind) => kind.name(),
        }
    }

    /// Its columns.
    pub fn columns(self) -> Vec<RecordColumn> {
        let text = || DataType::Utf8;
        let column = |name, data_type, meaning| RecordColumn { name, data_type, required: false, meaning };
        let required = |name, data_type, meaning| RecordColumn { name, data_type, required: true, meaning };
        // Who: how a row names its customer. A registered id wins, then an e-mail, then a phone.
        let who = || {
            vec![
                column("customer_id", text(), "the source's id of a registered customer; null for a guest"),
                column("email", text(), "e-mail as written"),
                column("phone", text(), "phone as written"),
            ]
        };
        let place = || {
            vec![
                column("country", repeated_text_type(), "country as written, a code where the source has one"),
                column("region", repeated_text_type(), "state or province"),
                column("city", repeated_text_type(), "city"),
                column("postcode", repeated_text_type(), "postcode"),
                column("company", repeated_text_type(), "company, where the buyer names one"),
            ]
        };
        match self {
            Self::Orders => {
                let mut columns = vec![required("order_id", text(), "the source's id of the order")];
                columns.extend(who());
                columns.extend([
                    required("at", instant_type(), "when it was placed"),
                    column("version", instant_type(), "when the source last changed it"),
                    column("standing", repeated_text_type(), "counts, unpaid, failed, draft or test; counts where absent"),
                    column("status", repeated_text_type(), "the source's own status, unchanged"),
                    column("currency", repeated_text_type(), "ISO 4217 code"),
                    column("total", amount_type(), "what the buyer owed, as the source states it, before refunds"),
                    column("subtotal", amount_type(), "goods after discounts, as stated"),
                    column("shipping", amount_type(), "shipping, as stated"),
                    column("tax", amount_type(), "tax, as stated"),
                    column("discount", amount_type(), "discounts, as stated, positive"),
                    column("channel", repeated_text_type(), "sales channel"),
                    column("discount_codes", repeated_text_type(), "codes used, joined by `, `"),
                    column("tags", repeated_text_type(), "tags, joined by `, `"),
                    column("first_name", text(), "first name of the buyer"),
                    column("last_name", text(), "last name of the buyer"),
                ]);
                columns.extend(place());
                columns
            }
            Self::Lines => vec![
                required("order_id", text(), "the order it belongs to"),
                column("line_id", text(), "the source's id of the line"),
                column("product", repeated_text_type(), "product id, else SKU, else title"),
                column("title", repeated_text_type(), "product title"),
                column("category", repeated_text_type(), "category"),
                column("brand", repeated_text_type(), "brand or vendor"),
                column("quantity", amount_type(), "units, four decimals; 1 where absent"),
                column("unit_price", amount_type(), "price of one unit before discount"),
                column("discount", amount_type(), "discount on the whole line, positive"),
                column("refund", amount_type(), "money given back for this line, positive, without a date"),
                column("kind", repeated_text_type(), "sale, return, shipping, discount, fee or adjustment; sale where absent"),
            ],
            Self::Refunds => {
                let mut columns = vec![
                    column("refund_id", text(), "the source's id of the refund"),
                    column("order_id", text(), "the order it belongs to, where known"),
                ];
                columns.extend(who());
                columns.extend([
                    column("at", instant_type(), "when; null counts from the order's moment"),
                    column("version", instant_type(), "when the source last changed it"),
                    required("amount", amount_type(), "money given back, positive"),
                    column("currency", repeated_text_type(), "ISO 4217 code"),
                    column("country", repeated_text_type(), "country as written"),
                ]);
                columns
            }
            Self::Cancellations => vec![
                required("order_id", text(), "the order called off"),
                column("at", instant_type(), "when; null counts from the order's moment"),
                column("version", instant_type(), "when the source last changed it"),
            ],
            Self::Customers => {
                let mut columns = vec![required("customer_id", text(), "the source's id")];
                columns.extend([
                    column("email", text(), "e-mail as written"),
                    column("phone", text(), "phone as written"),
                    column("at", instant_type(), "when the account was made"),
                    column("version", instant_type(), "when the source last changed it"),
                    column("first_name", text(), "first name"),
                    column("last_name", text(), "last name"),
                    column("language", repeated_text_type(), "language or locale"),
                    column("tags", repeated_text_type(), "tags, joined by `, `"),
                    column("account_status", repeated_text_type(), "account state, as the source names it"),
                    column("email_consent", repeated_text_type(), "SUBSCRIBED, NOT_SUBSCRIBED, PENDING, INVALID, UNSUBSCRIBED or REDACTED"),
                    column("sms_consent", repeated_text_type(), "the same for SMS"),
                    column("gender", repeated_text_type(), "gender, as the source writes it"),
                    column("birthday", text(), "date of birth, as `1990-05-31`"),
                    column("organisation_type", repeated_text_type(), "person, company, school, non-profit, as the source names it"),
                    column("acquisition_source", repeated_text_type(), "the channel that brought them"),
                    column("acquisition_campaign", repeated_text_type(), "the campaign that brought them"),
                    column("lead_source", repeated_text_type(), "how they left their address: form, newsletter, contest"),
                ]);
                columns.extend(place());
                columns
            }
            Self::Products => vec![
                required("product", text(), "what lines call it: product id, else SKU, else title"),
                column("title", text(), "title"),
                column("category", repeated_text_type(), "category"),
                column("brand", repeated_text_type(), "brand or vendor"),
                column("product_type", repeated_text_type(), "type"),
                column("launched", instant_type(), "when it was first on sale"),
                column("cost", amount_type(), "cost of one unit"),
            ],
            Self::Costs => vec![
                required("what", repeated_text_type(), "what it was spent on: acquisition, campaign or ticket"),
                column("channel", repeated_text_type(), "the channel, where it is of one"),
                column("campaign", repeated_text_type(), "the campaign, where it is of one"),
                required("period", text(), "the day or month it is of, as `2025-03-01` or `2025-03`"),
                required("amount", amount_type(), "the money; of tickets, for one ticket"),
                column("currency", repeated_text_type(), "ISO 4217 code"),
            ],
            Self::Touchpoint(kind) => kind.columns(),
        }
    }

    /// One column by name.
    pub fn column(self, name: &str) -> Option<RecordColumn> {
        self.columns().into_iter().find(|column| column.name == name)
    }

    /// An Arrow schema of some of its columns, in the kind's order.
    pub fn schema_of(self, names: &[&str]) -> arrow::datatypes::SchemaRef {
        let fields: Vec<Field> = self
            .columns()
            .into_iter()
            .filter(|column| names.contains(&column.name))
            .map(|column| Field::new(column.name, column.data_type, !column.required))
            .collect();
        std::sync::Arc::new(arrow::datatypes::Schema::new(fields))
    }
}

/// Takes what a connector reads. One sink belongs to one file (or part of one) and one thread.
pub trait RecordSink {
    /// Takes a batch of records of one kind.
    fn records(&mut self, kind: RecordKind, batch: arrow::record_batch::RecordBatch) -> Result<(), SinkError>;
    /// Takes a row that could not be read.
    fn refuse(&mut self, refusal: Refusal) -> Result<(), SinkError>;
    /// Hears of progress since the last call; an error here stops the reading (the user pressed Ctrl-C).
    fn progress(&mut self, bytes: u64, rows: u64) -> Result<(), SinkError>;
}

/// A row that was refused, with everything needed to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// 1-based line in the file (of a table), or item number (of a JSON page or Parquet row).
    pub line: u64,
    /// Column at fault, where one is.
    pub column: Option<String>,
    /// What is wrong with it.
    pub reason: String,
    /// The row as read, cut to a few kilobytes.
    pub row: String,
}

/// The taker could not go on.
#[derive(Debug, thiserror::Error)]
pub enum SinkError {
    /// The user asked to stop.
    #[error("stopped")]
    Stopped,
    /// The taker failed.
    #[error("{0}")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}
