use std::pin::Pin;
use std::task::{Context, Poll};

use proptest::prelude::*;
use tokio::io::ReadBuf;

use super::*;

/// An input that gives its chunks one per read.
struct Chunks(Vec<Vec<u8>>);

impl AsyncRead for Chunks {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while let Some(first) = self.0.first_mut() {
            if first.is_empty() {
                self.0.remove(0);
                continue;
            }
            let fits = first.len().min(buf.remaining());
            buf.put_slice(&first.drain(..fits).collect::<Vec<_>>());
            break;
        }
        Poll::Ready(Ok(()))
    }
}

fn lines(chunks: Vec<Vec<u8>>, limit: usize) -> Vec<Line> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut reader = LineReader::new(Chunks(chunks), limit);
        let mut lines = Vec::new();
        while let Some(line) = reader.next().await.unwrap() {
            lines.push(line);
        }
        lines
    })
}

fn message(text: &str) -> Line {
    Line::Message(Bytes::copy_from_slice(text.as_bytes()))
}

#[test]
fn lines_end_with_lf_or_crlf_or_the_input() {
    let input = b"{\"a\":1}\n\n\r\n{\"b\":2}\r\n[3]".to_vec();
    assert_eq!(lines(vec![input], 100), [message("{\"a\":1}"), message("{\"b\":2}"), message("[3]")]);
    assert_eq!(lines(vec![b"\n\n".to_vec()], 100), []);
    assert_eq!(lines(vec![b"a\r".to_vec()], 100), [message("a")]);
}

#[test]
fn the_limit_does_not_count_the_end() {
    assert_eq!(lines(vec![b"12345\n12345\r\n12345".to_vec()], 5), vec![message("12345"); 3]);
    assert_eq!(
        lines(vec![b"12345".to_vec(), b"\r".to_vec(), b"\n1\n".to_vec()], 5),
        [message("12345"), message("1")]
    );
    assert_eq!(lines(vec![b"123456\n1\n".to_vec()], 5), [Line::TooLong { bytes: 6 }, message("1")]);
    assert_eq!(lines(vec![b"123456".to_vec()], 5), [Line::TooLong { bytes: 6 }]);
}

#[tokio::test]
async fn a_line_far_over_the_limit_is_skipped_without_being_kept() {
    let chunk = vec![b'x'; 64 * 1024];
    let mut chunks = vec![chunk; 160];
    chunks.push(b"\nnext\n".to_vec());
    let mut reader = LineReader::new(Chunks(chunks), 1000);
    assert_eq!(reader.next().await.unwrap(), Some(Line::TooLong { bytes: 160 * 64 * 1024 }));
    assert!(reader.buffer.capacity() <= KEEP, "{}", reader.buffer.capacity());
    assert_eq!(reader.next().await.unwrap(), Some(message("next")));
    assert_eq!(reader.next().await.unwrap(), None);
}

#[test]
fn a_message_becomes_one_line() {
    let mut out = BytesMut::new();
    append_line(&mut out, b"{\n\t\"a\": \"x\\ny\",\r\n\"b\": 1\n}");
    append_line(&mut out, b"{}");
    assert_eq!(out, "{ \t\"a\": \"x\\ny\",  \"b\": 1 }\n{}\n");
}

proptest! {
    #[test]
    fn chunks_make_no_difference(
        parts in proptest::collection::vec(("[a-z]{0,12}", any::<bool>()), 0..12),
        cuts in proptest::collection::vec(1_usize..9, 0..40),
    ) {
        let whole: Vec<u8> =
            parts.iter().flat_map(|(text, cr)| [text.as_str(), if *cr { "\r\n" } else { "\n" }]).flat_map(str::bytes).collect();
        let mut rest = whole.as_slice();
        let mut chunks = Vec::new();
        for cut in cuts {
            let (chunk, after) = rest.split_at(cut.min(rest.len()));
            chunks.push(chunk.to_vec());
            rest = after;
        }
        chunks.push(rest.to_vec());
        let expected: Vec<_> = parts
            .iter()
            .filter(|(text, _)| !text.is_empty())
            .map(|(text, _)| if text.len() > 8 { Line::TooLong { bytes: text.len() } } else { message(text) })
            .collect();
        prop_assert_eq!(lines(chunks, 8), expected);
    }
}
