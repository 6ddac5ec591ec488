//! Islands: the parts of pages that run in the browser. A browser loads this folder and what it
//! names (`ui/icon`, `ui/link`, parts of `ui/text/`, `api`, `rules`, `types`); together they have a
//! byte budget.
//!
//! An island takes no arguments but its children, which the server renders: what it needs to know
//! stands in `data-` attributes of that markup. So no island brings a reader of JSON, and a page is
//! complete before any of them wakes.

mod account;
mod carousel;
mod countdown;
mod demo_outbox;
mod dom;
mod finder;
mod mount;
mod renewal;
mod resend;
mod sale_clock;
mod seckill;
mod seckill_button;
mod sign_in;
mod ticket_watch;

pub use account::Account;
pub use carousel::Carousel;
pub use finder::Finder;
pub use sale_clock::SaleClock;
pub use seckill_button::SeckillButton;
pub use sign_in::SignInSteps;
pub use ticket_watch::TicketWatch;
