//! Sentences about the button. The driver checks after each step what always holds.

mod click;
mod driver;
mod order;
mod property;
mod sale;
