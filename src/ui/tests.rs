//! Pieces of pages as HTML.
