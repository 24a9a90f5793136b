//! The `awslogs` driver.
