//! What every runtime keeps, whoever builds its containers.
//!
//! Each promise is a function over `&dyn Runtime`; at the end they are run for each implementation.

mod place;

use place::{Place, exited, lines, until};
use runtime::{Ended, Error, ExecEnd, ExecSpec, Runtime, State};

async fn a_program_runs_and_its_end_is_told(place: &Place, runtime: &dyn Runtime) {
    let spec = place.spec("ends", &["sh", "-c", "echo out; echo err >&2; exit 42"]);
    let created = runtime.create(&spec).await.unwrap();
    assert_eq!(runtime.state("ends").await.unwrap(), State::Created);
    assert!(created.pid > 0);
    let started = runtime.start("ends").await.unwrap();
    assert!(started.at.0 > 0);
    let exit = exited(runtime.wait("ends").await.unwrap());
    assert_eq!((exit.how, exit.oom), (Ended::Code(42), false));
    assert!(exit.started_at.is_some_and(|at| at <= exit.at));
    let said = lines(runtime, "ends").await;
    assert_eq!(said.out, ["out"]);
    assert_eq!(said.err, ["err"]);
    runtime.remove("ends").await.unwrap();
    assert_eq!(runtime.state("ends").await.unwrap(), State::Absent);
}

#[tokio::test]
#[ignore = "needs root"]
async fn native() {
    let place = Place::new();
    let runtime = place.native();
    a_program_runs_and_its_end_is_told(&place, &runtime).await;
}
