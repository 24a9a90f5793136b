//! The filter language of log searches.
