#![expect(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods, missing_docs, reason = "tmp")]
fn main(){ let s=ringfence_detect::secret::SecretScanner::new().unwrap(); println!("{} bytes", s.idle_bytes());
 let item = r#"{"id":1042,"name":"Quarterly report","owner":"maria@example.org","path":"/srv/data/reports/q3.csv","tags":["finance","draft"],"size":88213,"note":"Please look at the second table before Tuesday; the figures of March are wrong."}"#;
 
 let prose="The committee met on Tuesday to discuss the report about the new building. Members asked the author whether the passage on the key figures could be clarified before the second reading. A copy was sent to everybody, and the decision was put off until the next session in March.";
 
 let t=item.repeat(300); let st=std::time::Instant::now(); for _ in 0..200 { std::hint::black_box(s.bare(std::hint::black_box(&t))); } println!("bare {} MB/s", t.len() as f64*200.0/st.elapsed().as_secs_f64()/1e6);
 let st=std::time::Instant::now(); for _ in 0..200 { std::hint::black_box(s.scan_text(std::hint::black_box(&t))); } println!("full {} MB/s", t.len() as f64*200.0/st.elapsed().as_secs_f64()/1e6);
 let t=prose.repeat(300); let st=std::time::Instant::now(); for _ in 0..200 { std::hint::black_box(s.scan_text(std::hint::black_box(&t))); } println!("prose {} MB/s", t.len() as f64*200.0/st.elapsed().as_secs_f64()/1e6);
}
