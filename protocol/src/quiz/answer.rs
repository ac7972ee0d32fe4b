//! What somebody answers.

use serde::{Deserialize, Serialize};

/// An option, an item or a side of a pair, as it is shown in one session or attempt: random there, so that nothing
/// about the key can be read from it.
pub type OptionId = u32;

/// An answer. Which of these fits is said by the question's kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Given {
    /// `true_false`, `single_choice`, `swipe`, `survey` of one: exactly one; `multiple_choice`, `survey` of several: at
    /// least one, each once.
    Options(Vec<OptionId>),
    /// `short_text`, `open`: 1 to 200 characters.
    Text(String),
    /// `numeric`: finite.
    Number(f64),
    /// `ordering`: every item once, in the chosen order.
    Order(Vec<OptionId>),
    /// `matching`: every left side once, with its right side.
    Pairs(Vec<(OptionId, OptionId)>),
}
