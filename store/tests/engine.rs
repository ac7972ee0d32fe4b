//! The engine's own promises, on both engines.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use allthrive_store::{Decided, Engine, Error, Statement, Type, Value};
use common::Place;
use uuid::Uuid;

on_both! {
    every_kind_of_value_comes_back_as_it_went_in,
    parameters_are_bound_by_name_and_not_by_position,
    a_list_of_keys_finds_its_rows,
    many_rows_go_in_at_once,
    a_batch_is_kept_whole_or_not_at_all,
    a_taken_value_is_a_conflict_of_the_same_name,
    a_transaction_decides_on_what_it_read,
    a_decision_that_panics_keeps_nothing_and_harms_nobody,
    concurrent_transactions_lose_no_update,
    a_closed_store_says_so,
}

async fn table(place: &Place) -> (allthrive_store::Store, Engine) {
    let store = place.open().await;
    let engine = store.engine().clone();
    let create = Statement::per_engine(
        "make a table",
        "CREATE TABLE things (id BLOB NOT NULL PRIMARY KEY, name TEXT UNIQUE, n INTEGER, r REAL, b BLOB, UNIQUE (n, r)) STRICT",
        "CREATE TABLE things (id UUID NOT NULL PRIMARY KEY, name TEXT UNIQUE, n BIGINT, r DOUBLE PRECISION, b BYTEA, UNIQUE (n, r))",
    );
    engine.run(create).await.unwrap();
    (store, engine)
}

fn insert(id: u128, name: &str, n: i64) -> Statement {
    Statement::new("insert", "INSERT INTO things (id, name, n) VALUES ($1, $2, $3)").bind(Uuid::from_u128(id)).bind(name).bind(n)
}

async fn count(engine: &Engine) -> i64 {
    engine.one(Statement::new("count", "SELECT COUNT(*) AS n FROM things")).await.unwrap().get("n").unwrap()
}

async fn every_kind_of_value_comes_back_as_it_went_in(place: Place) {
    let (_store, engine) = table(&place).await;
    let id = Uuid::from_u128(u128::MAX);
    let write = Statement::new("insert", "INSERT INTO things (id, name, n, r, b) VALUES ($1, $2, $3, $4, $5)");
    engine.run(write.bind(id).bind("Zoë 🎉").bind(i64::MIN).bind(0.5).bind(vec![0u8, 255])).await.unwrap();
    let row = engine.one(Statement::new("read", "SELECT id, name, n, r, b FROM things")).await.unwrap();
    assert_eq!(row.get::<Uuid>("id").unwrap(), id);
    assert_eq!(row.get::<String>("name").unwrap(), "Zoë 🎉");
    assert_eq!(row.get::<i64>(2).unwrap(), i64::MIN);
    assert_eq!(row.get::<f64>(3).unwrap(), 0.5);
    assert_eq!(row.get::<Vec<u8>>(4).unwrap(), vec![0, 255]);
    let write = Statement::new("insert", "INSERT INTO things (id, name, n, r, b) VALUES ($1, $2, $3, $4, $5)");
    engine.run(write.bind(Uuid::nil()).bind(Value::Null).bind(Value::Null).bind(Value::Null).bind(Value::Null)).await.unwrap();
    let row = engine.one(Statement::new("read", "SELECT name, n FROM things WHERE id = $1").bind(Uuid::nil())).await.unwrap();
    assert_eq!((row.get::<Option<String>>(0).unwrap(), row.get::<Option<i64>>(1).unwrap()), (None, None));
    assert!(matches!(row.get::<String>(0), Err(Error::Corrupt(_))));
}

async fn parameters_are_bound_by_name_and_not_by_position(place: Place) {
    let (_store, engine) = table(&place).await;
    engine.run(insert(1, "one", 7)).await.unwrap();
    let read = Statement::new("read", "SELECT CAST($2 AS BIGINT) AS second, n FROM things WHERE id = $1");
    let row = engine.one(read.bind(Uuid::from_u128(1)).bind(42i64)).await.unwrap();
    assert_eq!((row.get::<i64>("second").unwrap(), row.get::<i64>("n").unwrap()), (42, 7));
}

async fn a_list_of_keys_finds_its_rows(place: Place) {
    let (_store, engine) = table(&place).await;
    for n in 1..=4 {
        engine.run(insert(n, &format!("name {n}"), i64::try_from(n).unwrap())).await.unwrap();
    }
    let key = |id: u128, name: &str, n: i64| vec![Uuid::from_u128(id).into(), name.into(), n.into()];
    let read = |keys| {
        Statement::new(
            "read",
            "SELECT t.n FROM things t JOIN {keys} ON t.id = k.id AND t.name = k.name AND t.n = k.n WHERE t.n < $4 ORDER BY t.n",
        )
        .list(&[("id", Type::Uuid), ("name", Type::Text), ("n", Type::Int)], keys)
        .bind(4i64)
    };
    let keys = vec![key(1, "name 1", 1), key(2, "wrong \"'", 2), key(3, "name 3", 3), key(4, "name 4", 4)];
    let found: Vec<i64> = engine.all(read(keys)).await.unwrap().iter().map(|row| row.get(0).unwrap()).collect();
    assert_eq!(found, vec![1, 3]);
    assert!(engine.all(read(Vec::new())).await.unwrap().is_empty());
}

async fn many_rows_go_in_at_once(place: Place) {
    let (_store, engine) = table(&place).await;
    let rows = |from: u128| {
        (from..from + 500).map(|n| vec![Uuid::from_u128(n).into(), format!("n{n}").into(), Value::Null, vec![1u8].into()]).collect()
    };
    let write = |from| {
        Statement::new("insert", "INSERT INTO things (id, name, n, b) {rows}")
            .list(&[("id", Type::Uuid), ("name", Type::Text), ("n", Type::Int), ("b", Type::Bytes)], rows(from))
    };
    assert_eq!(engine.batch(vec![write(0), write(500)]).await.unwrap(), vec![500, 500]);
    assert_eq!(count(&engine).await, 1000);
    let update = Statement::new("update", "UPDATE things SET n = k.n FROM {keys} WHERE things.id = k.id").list(
        &[("id", Type::Uuid), ("n", Type::Int)],
        vec![vec![Uuid::from_u128(3).into(), 33i64.into()], vec![Uuid::from_u128(4).into(), 44i64.into()]],
    );
    assert_eq!(engine.run(update).await.unwrap(), 2);
    assert_eq!(
        engine.batch(vec![Statement::new("insert", "INSERT INTO things (id) {rows}").list(&[("id", Type::Uuid)], vec![])]).await.unwrap(),
        vec![0]
    );
}

async fn a_batch_is_kept_whole_or_not_at_all(place: Place) {
    let (_store, engine) = table(&place).await;
    let failed = engine.batch(vec![insert(1, "a", 1), insert(2, "a", 2), insert(3, "c", 3)]).await;
    assert!(matches!(failed, Err(Error::Conflict { .. })), "{failed:?}");
    assert_eq!(count(&engine).await, 0);
    assert_eq!(engine.batch(vec![insert(1, "a", 1), insert(2, "b", 2)]).await.unwrap(), vec![1, 1]);
    assert_eq!(count(&engine).await, 2);
}

async fn a_taken_value_is_a_conflict_of_the_same_name(place: Place) {
    let (_store, engine) = table(&place).await;
    engine.run(insert(1, "a", 1)).await.unwrap();
    assert!(engine.run(insert(2, "a", 2)).await.unwrap_err().is_conflict_on("things_name_key"));
    assert!(engine.run(insert(1, "b", 3)).await.unwrap_err().is_conflict_on("things_pkey"));
    let pair = |id: u128| Statement::new("pair", "INSERT INTO things (id, n, r) VALUES ($1, 9, 0.5)").bind(Uuid::from_u128(id));
    engine.run(pair(8)).await.unwrap();
    assert!(engine.run(pair(9)).await.unwrap_err().is_conflict_on("things_n_r_key"));
    let wrong = engine.run(Statement::new("wrong", "INSERT INTO nowhere (a) VALUES (1)")).await.unwrap_err();
    assert!(matches!(wrong, Error::Bug(_)), "{wrong:?}");
    assert!(!wrong.to_string().contains("nowhere"));
}

fn lock(id: u128) -> Statement {
    Statement::per_engine("lock", "SELECT id FROM things WHERE id = $1", "SELECT id FROM things WHERE id = $1 FOR NO KEY UPDATE")
        .bind(Uuid::from_u128(id))
}

fn read_n(id: u128) -> Statement {
    Statement::new("read", "SELECT n FROM things WHERE id = $1").bind(Uuid::from_u128(id))
}

async fn add_one(engine: &Engine) -> Result<i64, Error> {
    engine
        .transact(vec![lock(1)], vec![read_n(1)], |rows| {
            let n = rows[0][0].get::<i64>("n").unwrap() + 1;
            let write = Statement::new("set", "UPDATE things SET n = $2 WHERE id = $1").bind(Uuid::from_u128(1)).bind(n);
            Decided { writes: vec![write], value: n }
        })
        .await
}

async fn a_transaction_decides_on_what_it_read(place: Place) {
    let (_store, engine) = table(&place).await;
    engine.run(insert(1, "a", 1)).await.unwrap();
    assert_eq!(add_one(&engine).await.unwrap(), 2);
    let nothing = engine.transact(vec![], vec![read_n(1)], |rows| Decided { writes: vec![], value: rows[0].len() });
    assert_eq!(nothing.await.unwrap(), 1);
    // A write that fails keeps nothing of those before and after it.
    let failed = engine
        .transact(vec![lock(1)], vec![], |_| Decided { writes: vec![insert(5, "e", 5), insert(6, "a", 6), insert(7, "g", 7)], value: () })
        .await;
    assert!(failed.unwrap_err().is_conflict_on("things_name_key"));
    assert_eq!(count(&engine).await, 1);
    let failed = engine.try_transact(vec![], vec![read_n(1)], |rows| {
        rows[0][0].get::<String>("n")?;
        Ok(Decided { writes: vec![], value: () })
    });
    assert!(matches!(failed.await, Err(Error::Corrupt(_))));
    assert_eq!(add_one(&engine).await.unwrap(), 3);
}

async fn a_decision_that_panics_keeps_nothing_and_harms_nobody(place: Place) {
    let (_store, engine) = table(&place).await;
    engine.run(insert(1, "a", 1)).await.unwrap();
    let task = tokio::spawn({
        let engine = engine.clone();
        async move { engine.transact::<()>(vec![lock(1)], vec![], |_| panic!("on purpose")).await }
    });
    assert!(!matches!(task.await, Ok(Ok(()))));
    assert_eq!(add_one(&engine).await.unwrap(), 2);
}

async fn concurrent_transactions_lose_no_update(place: Place) {
    let (_store, engine) = table(&place).await;
    engine.run(insert(1, "a", 0)).await.unwrap();
    let tasks: Vec<_> = (0..8)
        .map(|_| {
            let engine = engine.clone();
            tokio::spawn(async move {
                for _ in 0..10 {
                    add_one(&engine).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(engine.one(read_n(1)).await.unwrap().get::<i64>(0).unwrap(), 80);
}

async fn a_closed_store_says_so(place: Place) {
    let (store, engine) = table(&place).await;
    store.close().await;
    assert!(matches!(engine.run(insert(1, "a", 1)).await, Err(Error::Unavailable(_))));
    assert!(matches!(store.ping().await, Err(Error::Unavailable(_))));
}
