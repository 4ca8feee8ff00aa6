//! Facts: what the store keeps, one row a fact and version, sorted by customer and time.
//!
//! These are the schemas of the files in `facts/`. Names and types are a promise to whoever reads the files with
//! another tool; a change here is a change of the format on disk.

use crate::records::{amount_type, instant_type, repeated_text_type};
use crate::touchpoints::Touchpoint;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use std::sync::Arc;

/// A kind of fact, and the folder of its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FactKind {
    /// Who a customer key is, and what is known of them.
    Customers,
    /// Orders.
    Orders,
    /// Lines of orders; a line happens when its order does.
    Lines,
    /// Money given back.
    Refunds,
    /// Orders called off.
    Cancellations,
    /// Facts that moved to another customer: hides what earlier commits wrote here under the same key.
    Withdrawals,
    /// What customers did, and what happened to them, beside ordering.
    Touchpoint(Touchpoint),
}

impl FactKind {
    /// The kinds that lie by customer.
    pub const ALL: [FactKind; 14] = [
        Self::Customers,
        Self::Orders,
        Self::Lines,
        Self::Refunds,
        Self::Cancellations,
        Self::Withdrawals,
        Self::Touchpoint(Touchpoint::Events),
        Self::Touchpoint(Touchpoint::Carts),
        Self::Touchpoint(Touchpoint::Messages),
        Self::Touchpoint(Touchpoint::Tickets),
        Self::Touchpoint(Touchpoint::Reviews),
        Self::Touchpoint(Touchpoint::Surveys),
        Self::Touchpoint(Touchpoint::Referrals),
        Self::Touchpoint(Touchpoint::Consents),
    ];

    /// The name of its folder and SQL table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Orders => "orders",
            Self::Lines => "lines",
            Self::Refunds => "refunds",
            Self::Cancellations => "cancellations",
            Self::Withdrawals => "withdrawals",
            Self::Touchpoint(kind) => kind.name(),
        }
    }

    /// The columns of its files. `customer_key` is zero for facts of nobody, which lie apart.
    pub fn schema(self) -> SchemaRef {
        let known = |name, data_type| Field::new(name, data_type, false);
        let maybe = |name, data_type| Field::new(name, data_type, true);
        let repeated = |name| maybe(name, repeated_text_type());
        let mut fields = vec![known("customer_key", DataType::UInt64)];
        let source = || known("source", repeated_text_type());
        // Who a guest's order or refund says it is, so that it can be joined to a customer later, or parted again.
        let claim = || maybe("claim", DataType::Utf8);
        let place = || vec![repeated("country"), repeated("region"), repeated("city"), repeated("postcode"), repeated("company")];
        match self {
            Self::Customers => {
                fields.extend([
                    maybe("at", instant_type()),
                    known("customer_id", DataType::Utf8),
                    source(),
                    known("registered", DataType::Boolean),
                    maybe("email", DataType::Utf8),
                    maybe("phone", DataType::Utf8),
                    maybe("first_name", DataType::Utf8),
                    maybe("last_name", DataType::Utf8),
                    repeated("language"),
                    repeated("tags"),
                    repeated("account_status"),
                    repeated("email_consent"),
                    repeated("sms_consent"),
                ]);
                fields.extend(place());
                fields.extend([
                    repeated("gender"),
                    maybe("birthday", DataType::Utf8),
                    repeated("organisation_type"),
                    repeated("acquisition_source"),
                    repeated("acquisition_campaign"),
                    repeated("lead_source"),
                    // A touchpoint names them, so they are known though they have no orders.
                    maybe("touched", DataType::Boolean),
                ]);
            }
            Self::Orders => {
                fields.extend([
                    known("order_key", DataType::UInt64),
                    known("at", instant_type()),
                    known("order_id", DataType::Utf8),
                    claim(),
                    source(),
                    known("standing", repeated_text_type()),
                    repeated("status"),
                    repeated("currency"),
                    maybe("total", amount_type()),
                    maybe("subtotal", amount_type()),
                    maybe("shipping", amount_type()),
                    maybe("tax", amount_type()),
                    maybe("discount", amount_type()),
                    repeated("channel"),
                    repeated("discount_codes"),
                    repeated("tags"),
                ]);
                fields.extend(place());
            }
            Self::Lines => fields.extend([
                known("order_key", DataType::UInt64),
                known("line_key", DataType::UInt64),
                known("at", instant_type()),
                known("kind", repeated_text_type()),
                repeated("product"),
                repeated("title"),
                repeated("category"),
                repeated("brand"),
                known("quantity", amount_type()),
                maybe("unit_price", amount_type()),
                known("discount", amount_type()),
                known("amount", amount_type()),
            ]),
            Self::Refunds => fields.extend([
                maybe("order_key", DataType::UInt64),
                known("refund_key", DataType::UInt64),
                known("at", instant_type()),
                known("dated", DataType::Boolean),
                claim(),
                known("amount", amount_type()),
                repeated("currency"),
                repeated("product"),
            ]),
            Self::Cancellations => {
                fields.extend([known("order_key", DataType::UInt64), known("at", instant_type()), known("dated", DataType::Boolean)])
            }
            Self::Withdrawals => fields.push(known("fact_key", DataType::UInt64)),
            Self::Touchpoint(kind) => return kind.schema(),
        }
        fields.extend(provenance());
        Arc::new(Schema::new(fields))
    }
}

/// What every fact ends with: which version of it, from which commit, and whether it came inside a whole order document.
pub(crate) fn provenance() -> [Field; 3] {
    [
        Field::new("version", DataType::Int64, false),
        Field::new("commit", DataType::UInt32, false),
        Field::new("document", DataType::Boolean, false),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_begins_with_its_customer_and_ends_with_its_provenance() {
        for kind in FactKind::ALL {
            let schema = kind.schema();
            assert_eq!(schema.field(0).name(), "customer_key", "{}", kind.name());
            let last: Vec<_> = schema.fields().iter().rev().take(3).map(|f| f.name().as_str()).collect();
            assert_eq!(last, ["document", "commit", "version"], "{}", kind.name());
        }
    }
}
