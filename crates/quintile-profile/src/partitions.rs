//! Partitions: each known customer is in exactly one class of each.
//!
//! Classes are listed from the first sight of a customer to the last, as answers show them. What each one means in
//! words is data of the catalogue.

/// Classes of `life_stage`.
pub const LIFE_STAGES: [&str; 7] =
    ["prospects", "first-time-buyers", "active-repeat", "loyal", "at-risk-repeat", "inactive-first-time", "inactive-repeat"];

/// Classes of `retention_state`.
pub const RETENTION_STATES: [&str; 5] = ["prospects", "active", "drifting", "churn-risk", "lost"];

/// Classes of `buying_group`.
pub const BUYING_GROUPS: [&str; 8] =
    ["prospects", "champions", "big-spenders", "loyalists", "promising", "new", "low-value", "lapsed-core"];

/// Classes of `core_group`.
pub const CORE_GROUPS: [&str; 4] = ["prospects", "core", "potential-core", "non-core"];

/// The group of customers without an order in every RFM map.
pub const RFM_PROSPECTS: &str = "PROSPECTS";

/// A partition: its column and its classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    /// The column.
    pub column: &'static str,
    /// The classes, in order.
    pub classes: &'static [&'static str],
}

/// The partitions whose classes are fixed; those of `rfm_group` are the groups of its map.
pub const ALL: [Partition; 4] = [
    Partition { column: "life_stage", classes: &LIFE_STAGES },
    Partition { column: "retention_state", classes: &RETENTION_STATES },
    Partition { column: "buying_group", classes: &BUYING_GROUPS },
    Partition { column: "core_group", classes: &CORE_GROUPS },
];

/// Classes as positions in their lists, so that millions of rows hold a number each.
pub(crate) mod class {
    pub const PROSPECTS: i32 = 0;
    pub mod stage {
        pub const FIRST_TIME: i32 = 1;
        pub const ACTIVE_REPEAT: i32 = 2;
        pub const LOYAL: i32 = 3;
        pub const AT_RISK_REPEAT: i32 = 4;
        pub const INACTIVE_FIRST: i32 = 5;
        pub const INACTIVE_REPEAT: i32 = 6;
    }
    pub mod state {
        pub const ACTIVE: i32 = 1;
        pub const DRIFTING: i32 = 2;
        pub const CHURN_RISK: i32 = 3;
        pub const LOST: i32 = 4;
    }
    pub mod group {
        pub const CHAMPIONS: i32 = 1;
        pub const BIG_SPENDERS: i32 = 2;
        pub const LOYALISTS: i32 = 3;
        pub const PROMISING: i32 = 4;
        pub const NEW: i32 = 5;
        pub const LOW_VALUE: i32 = 6;
        pub const LAPSED_CORE: i32 = 7;
    }
    pub mod core {
        pub const CORE: i32 = 1;
        pub const POTENTIAL: i32 = 2;
        pub const NON_CORE: i32 = 3;
    }
}
