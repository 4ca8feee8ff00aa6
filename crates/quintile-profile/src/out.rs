//! Putting Arrow columns together.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, DictionaryArray, Int32Array, PrimitiveArray, StringArray};
use arrow::buffer::NullBuffer;
use arrow::datatypes::{ArrowNativeType, Decimal64Type, Int32Type};
use quintile_model::money;
use std::sync::Arc;

/// Values of which some may be missing; nothing is kept of validity until one is.
pub(crate) struct Values<T> {
    values: Vec<T>,
    valid: Option<Vec<bool>>,
}

impl<T: ArrowNativeType> Values<T> {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Values { values: Vec::with_capacity(capacity), valid: None }
    }

    #[inline]
    pub(crate) fn push(&mut self, value: Option<T>) {
        match value {
            Some(value) => {
                self.values.push(value);
                if let Some(valid) = &mut self.valid {
                    valid.push(true);
                }
            }
            None => self.push_missing(),
        }
    }

    fn push_missing(&mut self) {
        let so_far = self.values.len();
        self.valid.get_or_insert_with(|| vec![true; so_far]).push(false);
        self.values.push(T::default());
    }

    /// As an Arrow column.
    pub(crate) fn array<A: ArrowPrimitiveType<Native = T>>(self) -> PrimitiveArray<A> {
        PrimitiveArray::new(self.values.into(), self.valid.map(NullBuffer::from))
    }
}

/// One value a customer, some missing.
pub(crate) fn column<A: ArrowPrimitiveType>(customers: usize, value: impl FnMut(usize) -> Option<A::Native>) -> ArrayRef {
    Arc::new(primitive::<A>(customers, value))
}

/// The same, before it is any array.
pub(crate) fn primitive<A: ArrowPrimitiveType>(customers: usize, mut value: impl FnMut(usize) -> Option<A::Native>) -> PrimitiveArray<A> {
    let mut values = Values::with_capacity(customers);
    for customer in 0..customers {
        values.push(value(customer));
    }
    values.array::<A>()
}

/// Amounts.
pub(crate) fn amounts(values: PrimitiveArray<Decimal64Type>) -> ArrayRef {
    let typed = PrimitiveArray::<Decimal64Type>::new(values.values().clone(), values.nulls().cloned());
    Arc::new(typed.with_data_type(arrow::datatypes::DataType::Decimal64(money::PRECISION, money::SCALE as i8)))
}

/// Instants.
pub(crate) fn instants(customers: usize, value: impl FnMut(usize) -> Option<i64>) -> ArrayRef {
    Arc::new(primitive::<arrow::datatypes::TimestampMicrosecondType>(customers, value).with_timezone(quintile_model::records::UTC_OFFSET))
}

/// Repeated texts by code into a list of values.
pub(crate) fn coded(customers: usize, texts: &StringArray, value: impl FnMut(usize) -> Option<i32>) -> ArrayRef {
    let codes: Int32Array = primitive::<Int32Type>(customers, value);
    Arc::new(DictionaryArray::<Int32Type>::new(codes, Arc::new(texts.clone())))
}
