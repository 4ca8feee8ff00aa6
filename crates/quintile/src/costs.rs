//! What the store knows of costs, for columns that subtract them.

use crate::Error;
use crate::workspace::Workspace;
use arrow::array::{Array, AsArray};
use arrow::datatypes::Decimal64Type;
use quintile_model::Money;
use quintile_profile::Costs;
use quintile_store::Snapshot;

impl Workspace {
    /// Costs of products, as the files of products state them. They are taken to be in the reporting currency, since no
    /// such file names another.
    pub(crate) fn costs(&self, snapshot: &Snapshot) -> Result<Costs, Error> {
        let mut costs = Costs::none();
        snapshot.products(|products| {
            let (Some(names), Some(cost)) = (products.column_by_name("product"), products.column_by_name("cost")) else {
                return Ok(());
            };
            if let (Some(names), Some(cost)) = (names.as_string_opt::<i32>(), cost.as_primitive_opt::<Decimal64Type>()) {
                for row in (0..products.num_rows()).filter(|row| cost.is_valid(*row)) {
                    costs.add_product(names.value(row), Money(cost.value(row)));
                }
            }
            Ok(())
        })?;
        Ok(costs)
    }
}
