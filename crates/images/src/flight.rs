//! Many who want the same at once do it once: the first does it, the others wait for the outcome.
//!
//! If the first is cancelled, the next takes over. Nothing is remembered when nobody waits.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex};

pub struct Flights<T>(Mutex<HashMap<String, Arc<Flight<T>>>>);

struct Flight<T> {
    turn: tokio::sync::Mutex<()>,
    /// How often it was done, and what came of the last time.
    done: Mutex<(u64, Option<T>)>,
}

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Flights(Mutex::default())
    }
}

impl<T: Clone> Flights<T> {
    /// Does the work, or waits for who is doing it, and gives the outcome of either.
    pub async fn join(&self, key: &str, work: impl Future<Output = T>) -> T {
        let seat = self.board(key);
        let flight = seat.flight.clone();
        let before = flight.done.lock().expect("never poisoned").0;
        let _turn = flight.turn.lock().await;
        if let (times, Some(outcome)) = &*flight.done.lock().expect("never poisoned")
            && *times > before
        {
            return outcome.clone();
        }
        let outcome = work.await;
        let mut done = flight.done.lock().expect("never poisoned");
        *done = (done.0 + 1, Some(outcome.clone()));
        outcome
    }

    fn board(&self, key: &str) -> Seat<'_, T> {
        let mut flights = self.0.lock().expect("never poisoned");
        let flight = flights.entry(key.to_string()).or_insert_with(|| {
            Arc::new(Flight {
                turn: tokio::sync::Mutex::new(()),
                done: Mutex::new((0, None)),
            })
        });
        Seat {
            flights: self,
            key: key.to_string(),
            flight: flight.clone(),
        }
    }
}

/// The last to leave takes the flight away.
struct Seat<'a, T> {
    flights: &'a Flights<T>,
    key: String,
    flight: Arc<Flight<T>>,
}

impl<T> Drop for Seat<'_, T> {
    fn drop(&mut self) {
        let mut flights = self.flights.0.lock().expect("never poisoned");
        // Handles are made under the lock only: here one is in the map and one in this seat.
        if Arc::strong_count(&self.flight) <= 2 {
            flights.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn it_is_done_once_for_all_who_wait() {
        let flights = Arc::new(Flights::<u32>::default());
        let times = Arc::new(AtomicU32::new(0));
        let all: Vec<_> = (0..50)
            .map(|_| {
                let (flights, times) = (flights.clone(), times.clone());
                tokio::spawn(async move {
                    let work = async {
                        tokio::task::yield_now().await;
                        times.fetch_add(1, Ordering::Relaxed) + 1
                    };
                    flights.join("x", work).await
                })
            })
            .collect();
        for one in all {
            assert_eq!(one.await.unwrap(), 1);
        }
        assert!(flights.0.lock().unwrap().is_empty());
        assert_eq!(flights.join("x", async { 7 }).await, 7, "later is anew");
    }

    #[tokio::test]
    async fn who_waits_takes_over_when_the_first_is_cancelled() {
        let flights = Arc::new(Flights::<u32>::default());
        let first = {
            let flights = flights.clone();
            tokio::spawn(async move { flights.join("x", std::future::pending()).await })
        };
        while flights.0.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        let second = {
            let flights = flights.clone();
            tokio::spawn(async move { flights.join("x", async { 2 }).await })
        };
        tokio::task::yield_now().await;
        first.abort();
        assert_eq!(second.await.unwrap(), 2);
        assert!(flights.0.lock().unwrap().is_empty());
    }
}
