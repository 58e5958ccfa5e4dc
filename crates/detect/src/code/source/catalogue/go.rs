//! Go: the standard library and the common frameworks. Must never list a method without what it is a method of, unless
//! its argument decides.

use super::Is::*;
use super::Means::{Call, Clean as Cleans, Guard, Mention, Set, Sink as Runs, Source, SourceWith};
use super::When::*;
use super::rules::*;
use super::{Arg, Row, Sink, row};
use crate::code::rule::{REMOVE_TREE, SQL_CONCATENATION};
use crate::code::source::value::{Clean, Origin};

const FIRST: Arg = Arg(0, &[]);
const SECOND: Arg = Arg(1, &[]);

pub(super) const ROWS: &[Row] = &[
    row("os/exec.Command exec.Command", Runs(Sink::Words(0))),
    row("os/exec.CommandContext exec.CommandContext", Runs(Sink::Words(1))),
    row("syscall.Exec syscall.ForkExec os.StartProcess", Runs(Sink::Words(0))),
    row("os.RemoveAll", Runs(Sink::DeleteTree(&REMOVE_TREE))),
    row("os.Remove", Runs(Sink::DeleteFile)),
    row("os.WriteFile io/ioutil.WriteFile ioutil.WriteFile os.Create", Runs(Sink::Write)),
    row("os.Open os.ReadFile io/ioutil.ReadFile ioutil.ReadFile os.OpenFile", Runs(Sink::Open)),
    row("net/http.ServeFile http.ServeFile", Call(&PATH_TRAVERSAL, &[Request(Arg(2, &[]), Clean::PATH)])),
    row("path/filepath.Base filepath.Base path.Base", Cleans(Clean::PATH)),
    row("strings.HasPrefix strings.Contains path/filepath.Rel filepath.Rel filepath.IsLocal path/filepath.IsLocal", Guard(Clean::PATH.and(Clean::URL))),
    row("regexp.MatchString .MatchString slices.Contains", Guard(Clean::EVERYTHING)),
    row("strconv.Atoi strconv.ParseInt strconv.ParseBool len uuid.Parse", Cleans(Clean::EVERYTHING)),
    row("html.EscapeString html/template.HTMLEscapeString template.HTMLEscapeString url.QueryEscape net/url.QueryEscape", Cleans(Clean::HTML.and(Clean::LINE))),
    row("url.PathEscape net/url.PathEscape", Cleans(Clean::URL.and(Clean::PATH))),
    row("strings.ReplaceAll strings.Replace strconv.Quote", Cleans(Clean::LINE)),
    row("syscall.Setuid syscall.Setgid", Runs(Sink::SetUser)),
    row(".Query .QueryRow .Exec .QueryContext .ExecContext .QueryRowContext .Prepare .PrepareContext .Raw", Runs(Sink::Sql)),
    row(".QueryContext .ExecContext .QueryRowContext .PrepareContext", Call(&SQL_CONCATENATION, &[Built(SECOND, Clean::SQL), Is(SECOND, Holds(&["select ", "insert ", "update ", "delete "]))])),
    row(
        ".URL.Query .URL.Query().Get .FormValue .PostFormValue .Form.Get .Header.Get .Cookie .URL.Path .URL.RawQuery
        *.mux.Vars .Params.ByName .Param .DefaultQuery .GetHeader .PostForm .QueryParam .FormFile os.Args flag.String
        .URL.Query[] .BindJSON",
        Source(Origin::REQUEST),
    ),
    row("html/template.HTML template.HTML html/template.JS template.JS html/template.URL template.URL template.HTMLAttr html/template.HTMLAttr", Call(&XSS_SINK, &[Is(FIRST, Varying)])),
    row("fmt.Fprintf fmt.Fprint fmt.Fprintln io.WriteString", Call(&XSS, &[AnyRequest(Clean::HTML), With(&["http.ResponseWriter"])])),
    row(".Write", Call(&XSS, &[Request(FIRST, Clean::HTML), With(&["http.ResponseWriter"])])),
    row("net/http.Redirect http.Redirect", Call(&REDIRECT, &[Request(Arg(2, &[]), Clean::URL)])),
    row("net/http.Get http.Get net/http.Post http.Post net/http.Head http.Head net/http.PostForm http.PostForm", Runs(Sink::Send)),
    row("net/http.NewRequest http.NewRequest", Call(&SSRF, &[Request(SECOND, Clean::URL)])),
    row("net/http.Get http.Get net/http.Post http.Post", Call(&CLEARTEXT, &[Is(FIRST, Holds(&["http://"])), Not(FIRST, Holds(&["localhost", "127.0.0.1"]))])),
    row("net/http.ListenAndServe http.ListenAndServe", Call(&CLEARTEXT, &[Is(FIRST, Holds(&["0.0.0.0"]))])),
    row("net.Listen", Call(&BIND_ALL, &[Is(SECOND, Holds(&["0.0.0.0", "[::]"]))])),
    row("InsecureSkipVerify .InsecureSkipVerify", Set(&TLS_UNCHECKED, True)),
    row("MinVersion .MinVersion MaxVersion", Set(&TLS_OLD, Holds(&["versiontls10", "versiontls11", "versionssl30"]))),
    row("*.ssh.InsecureIgnoreHostKey", Mention(&HOST_KEY)),
    row("crypto/md5.New crypto/md5.Sum crypto/sha1.New crypto/sha1.Sum md5.New md5.Sum sha1.New sha1.Sum", Call(&WEAK_HASH, &[])),
    row("crypto/des.NewCipher crypto/des.NewTripleDESCipher crypto/rc4.NewCipher des.NewCipher des.NewTripleDESCipher rc4.NewCipher", Call(&WEAK_CIPHER, &[])),
    row("crypto/rsa.GenerateKey rsa.GenerateKey", Call(&SHORT_KEY, &[Is(SECOND, Below(2048))])),
    row("math/rand.Int math/rand.Intn math/rand.Int63 math/rand.Read math/rand.Float64 math/rand.Int31n math/rand/v2.IntN math/rand/v2.Int", Call(&WEAK_RANDOM_SECRET, &[ForSecret])),
    row("math/rand.Int math/rand.Intn math/rand.Int63 math/rand.Seed math/rand.Float64 math/rand.New", Call(&WEAK_RANDOM, &[])),
    row("os.Chmod os.MkdirAll os.Mkdir os.OpenFile os.WriteFile ioutil.WriteFile", Call(&PERMISSIVE, &[Any(WorldWritable)])),
    row("os.Create os.WriteFile ioutil.WriteFile io/ioutil.WriteFile", Call(&TEMP_FILE, &[Is(FIRST, Holds(&["/tmp/"]))])),
    row("log.Printf log.Println log.Print", Call(&LOG_INJECTION, &[AnyRequest(Clean::LINE)])),
    row("encoding/gob.NewDecoder gob.NewDecoder", Call(&DESERIALIZE_MAYBE, &[AnyRequest(Clean::EVERYTHING)])),
    row("unsafe.Pointer", Call(&TRANSMUTE, &[])),
    row("template.New().Parse text/template.New().Parse html/template.New().Parse", Call(&SSTI, &[Flows(FIRST, Clean::HTML)])),
    row("jwt.Parse *.jwt.ParseUnverified .ParseUnverified", Call(&JWT_UNVERIFIED, &[With(&["ParseUnverified", "UnsafeAllowNoneSignatureType"])])),
    row("Secure HttpOnly", Set(&COOKIE, False)),
    row("Access-Control-Allow-Origin", Set(&CORS, Text(&["*"]))),
    row(".Header().Set", Call(&CORS, &[Is(FIRST, Text(&["Access-Control-Allow-Origin"])), Is(SECOND, Text(&["*"]))])),
    row(".Name", SourceWith(Origin::ENTRY, &["archive/zip", "archive/tar"])),
    row("golang.org/x/crypto/ssh.InsecureIgnoreHostKey ssh.InsecureIgnoreHostKey", Mention(&HOST_KEY)),
    row(".SignedString", Call(&FIXED_KEY, &[Is(FIRST, Constant)])),
    row(
        "*.xmlquery.Find *.xmlquery.FindOne *.xmlquery.QuerySelector *.htmlquery.Find *.htmlquery.FindOne *.xpath.Compile
        *.xmlquery.Query *.xmlquery.QueryAll",
        Call(&XPATH, &[Any(Mixed)]),
    ),
    row(".Header().Set .Header().Add", Call(&CORS, &[Is(FIRST, Text(&["Access-Control-Allow-Origin"])), Request(SECOND, Clean::EVERYTHING)])),
    row(".Write fmt.Fprint fmt.Fprintf fmt.Fprintln http.Error net/http.Error", Call(&LEAK, &[Any(Holds(&["debug.stack", "debug.printstack"])), With(&["http.ResponseWriter"])])),
    row("text/template.New", Call(&XSS_SINK, &[With(&["http.ResponseWriter", "text/html"])])),
    row("regexp.QuoteMeta", Cleans(Clean::EVERYTHING)),
    row("*.bluemonday.UGCPolicy().Sanitize *.bluemonday.StrictPolicy().Sanitize .SanitizeReader", Cleans(Clean::HTML)),
    row("*.securejoin.SecureJoin filepath-securejoin.SecureJoin", Cleans(Clean::PATH)),
];
