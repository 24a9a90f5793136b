//! The one loop that every controller shares, and the lease that lets only one run
