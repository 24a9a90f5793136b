//! Which nodes hold a session.

use model::Node;
use store::{Key, Record, Store, StoreError};

/// Marks every node as not connected: what a server does first, because sessions do not outlive it.
pub async fn hang_up(store: &Store) -> Result<(), StoreError> {
    let connected: Vec<Key> = store
        .snapshot()
        .scan::<Node>(&Key::all())
        .filter(|node| node.connected)
        .map(|node| node.key())
        .collect();
    // In bounded transactions, however many nodes there are.
    for some in connected.chunks(500) {
        let some = some.to_vec();
        store
            .write(move |tx| {
                for key in &some {
                    if let Some(node) = tx.get::<Node>(key).filter(|node| node.connected) {
                        tx.put(Node {
                            connected: false,
                            version: node.version + 1,
                            ..(*node).clone()
                        });
                    }
                }
                Ok::<_, StoreError>(())
            })
            .await?;
    }
    Ok(())
}
