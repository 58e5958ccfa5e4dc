//! Python: the standard library, and what runs, stores or encrypts. Must never list what only a framework of the web has.

use super::Is::{self, *};
use super::Means::{Call, Clean as Cleans, Guard, Mention, Set, Sink as Runs, Source};
use super::When::{self, *};
use super::rules::*;
use super::{Arg, Row, Sink, row};
use crate::code::rule::{COMPILED, DESERIALIZE, EVAL, EXEC, REMOVE_TREE, SHUTIL_RMTREE, UNINSPECTED_CODE};
use crate::code::source::value::{Clean, Origin};

const FIRST: Arg = Arg(0, &[]);
const URL: Arg = Arg(0, &["url"]);
const LOADER: Arg = Arg(1, &["Loader"]);
const SAFE_LOADER: Is = Holds(&["safe", "baseloader"]);
const UNSAFE_XML: &[When] = &[Without(&["defusedxml", "resolve_entities=False", "forbid_dtd=True"])];

pub(super) const ROWS: &[Row] = &[
    // Commands.
    row(
        "os.system os.popen os.popen2 os.popen3 os.popen4 subprocess.getoutput subprocess.getstatusoutput
        commands.getoutput commands.getstatusoutput popen2.popen2 popen2.popen3 popen2.popen4 popen2.Popen3
        popen2.Popen4 asyncio.create_subprocess_shell pexpect.run pexpect.spawn os.startfile platform.popen
        .exec_command .subprocess_shell",
        Runs(Sink::Shell),
    ),
    row(
        "subprocess.run subprocess.call subprocess.check_call subprocess.check_output subprocess.Popen pty.spawn
        sh.Command plumbum.local",
        Runs(Sink::Spawn),
    ),
    row(
        "os.execl os.execle os.execlp os.execlpe os.execv os.execve os.execvp os.execvpe os.posix_spawn
        os.posix_spawnp asyncio.create_subprocess_exec",
        Runs(Sink::Words(0)),
    ),
    row(
        "os.spawnl os.spawnle os.spawnlp os.spawnlpe os.spawnv os.spawnve os.spawnvp os.spawnvpe .subprocess_exec",
        Runs(Sink::Words(1)),
    ),
    row("shlex.quote pipes.quote commands.mkarg shlex.split shlex.join", Cleans(Clean::SHELL)),
    row("os.dup2", Call(&BACKDOOR, &[With(&["socket.socket", "socket("]), With(&["/bin/sh", "/bin/bash", "pty.spawn", "cmd.exe"])])),
    // Code.
    row("eval builtins.eval __builtins__.eval", Runs(Sink::Evaluate(&EVAL))),
    row(
        "exec execfile builtins.exec __builtins__.exec runpy.run_path runpy.run_module types.FunctionType
        code.InteractiveConsole.push _xxsubinterpreters.run_string code.InteractiveConsole().push
        code.InteractiveInterpreter().runcode code.InteractiveInterpreter().runsource
        code.InteractiveConsole().runcode code.InteractiveConsole().runsource timeit.timeit
        test.support.run_in_subinterp _testcapi.run_in_subinterp trace.Trace().run cProfile.run",
        Runs(Sink::Evaluate(&EXEC)),
    ),
    row("compile builtins.compile", Runs(Sink::Evaluate(&COMPILED))),
    row("__import__ importlib.import_module builtins.__import__ importlib.__import__", Runs(Sink::Import)),
    row("getattr operator.attrgetter builtins.getattr", Runs(Sink::Attribute)),
    row(
        "ctypes.CDLL ctypes.cdll.LoadLibrary ctypes.WinDLL cffi.FFI ctypes.windll.kernel32.VirtualAlloc",
        Mention(&UNINSPECTED_CODE),
    ),
    row("globals locals vars", Call(&UNSAFE_REFLECTION, &[AnyRequest(Clean::EVERYTHING)])),
    row("setattr", Call(&MASS_ASSIGNMENT, &[Request(Arg(1, &[]), Clean::EVERYTHING)])),
    // Deserialization.
    row(
        "pickle.load pickle.loads pickle.Unpickler cPickle.load cPickle.loads cPickle.Unpickler _pickle.load
        _pickle.loads dill.load dill.loads dill.Unpickler marshal.load marshal.loads shelve.open
        shelve.DbfilenameShelf jsonpickle.decode jsonpickle.loads jsonpickle.unpickler.decode
        jsonpickle.unpickler.Unpickler yaml.unsafe_load yaml.unsafe_load_all yaml.full_load yaml.full_load_all
        cloudpickle.load cloudpickle.loads pandas.read_pickle pd.read_pickle joblib.load
        sklearn.externals.joblib.load six.moves.cPickle.loads six.moves.cPickle.load numpy.lib.format.read_array
        pickle._loads _pickle.Unpickler cPickle.Unpickler().load pickle.Unpickler().load
        jsonpickle.unpickler.Unpickler().restore",
        Call(&DESERIALIZE, &[Not(FIRST, Holds(&["dumps()"]))]),
    ),
    row(
        "pickle.dump pickle.dumps cPickle.dump cPickle.dumps dill.dump dill.dumps _pickle.dumps _pickle.dump
        pickle.Pickler dill.Pickler",
        Call(&DESERIALIZE_MAYBE, &[With(&["pickle.load", "dill.load", "Unpickler"])]),
    ),
    row("yaml.load yaml.load_all", Call(&DESERIALIZE, &[Not(LOADER, SAFE_LOADER)])),
    row("ruamel.yaml.YAML", Call(&DESERIALIZE, &[Is(Arg(9, &["typ"]), Text(&["unsafe", "base"]))])),
    row("torch.load torch.jit.load", Call(&DESERIALIZE_MAYBE, &[Not(Arg(9, &["weights_only"]), True)])),
    row("numpy.load np.load", Call(&DESERIALIZE, &[Is(Arg(9, &["allow_pickle"]), True)])),
    row(".from_pretrained datasets.load_dataset *.hf_hub_download *.snapshot_download", Call(&MODEL_CODE, &[Is(Arg(9, &["trust_remote_code"]), True)])),
    row("datasets.load_dataset .from_pretrained *.hf_hub_download *.snapshot_download", Call(&DESERIALIZE_MAYBE, &[Lacks(Arg(9, &["revision"])), With(&["transformers", "datasets", "huggingface_hub"])])),
    row(
        "multiprocessing.connection.Client().recv multiprocessing.connection.Connection().recv
        multiprocessing.Pipe().recv",
        Mention(&DESERIALIZE_MAYBE),
    ),
    row("logging.config.listen", Mention(&EVAL)),
    // Archives and files.
    row("tarfile.open tarfile.TarFile zipfile.ZipFile", Source(Origin::ENTRY)),
    row("tarfile.open().extract tarfile.TarFile().extract .extract", Call(&ARCHIVE, &[From(Origin::ENTRY, FIRST, Clean::PATH), With(&["tarfile"]), Lacks(Arg(9, &["filter"]))])),
    row(".extractall", Call(&ARCHIVE, &[With(&["tarfile", "shutil", "patool", "py7zr", "rarfile"]), Lacks(Arg(9, &["filter"])), Lacks(Arg(9, &["members"])), Without(&["is_within", "commonpath", "commonprefix", "realpath(", "abspath("])])),
    row("shutil.unpack_archive", Call(&ARCHIVE, &[Flows(FIRST, Clean::PATH)])),
    row("shutil.rmtree", Runs(Sink::DeleteTree(&SHUTIL_RMTREE))),
    row("os.removedirs", Runs(Sink::DeleteTree(&REMOVE_TREE))),
    row("os.remove os.unlink os.rmdir *.Path().unlink *.Path().rmdir", Runs(Sink::DeleteFile)),
    row(
        "open io.open codecs.open builtins.open aiofiles.open file os.open gzip.open *.Path().open
        *.Path().read_text *.Path().read_bytes",
        Runs(Sink::Open),
    ),
    row("os.setuid os.seteuid os.setgid os.setegid os.setreuid os.setresuid", Runs(Sink::SetUser)),
    row("os.chmod os.fchmod os.lchmod .chmod os.mkdir os.makedirs", Call(&PERMISSIVE, &[Any(WorldWritable)])),
    row("os.umask", Call(&PERMISSIVE, &[Is(FIRST, Below(2))])),
    row("tempfile.mktemp os.tempnam os.tmpnam", Mention(&TEMP_FILE)),
    row("open io.open", Call(&TEMP_FILE, &[Is(FIRST, Holds(&["/tmp/", "/var/tmp/", "/dev/shm/"])), Is(Arg(1, &["mode"]), Holds(&["w", "a"]))])),
    row(
        "os.rename os.replace shutil.copy shutil.copyfile shutil.move shutil.copy2 os.listdir os.scandir
        os.symlink os.mkdir os.makedirs os.chdir",
        Call(&PATH_TRAVERSAL, &[AnyRequest(Clean::PATH)]),
    ),
    row("os.path.basename *.secure_filename *.safe_join os.path.splitext .resolve_strict", Cleans(Clean::PATH)),
    row(".startswith .is_relative_to os.path.commonpath os.path.commonprefix .relative_to", Guard(Clean::PATH.and(Clean::URL))),
    row(
        ".isalnum .isalpha .isdigit .isnumeric .isidentifier .isdecimal re.match re.fullmatch .fullmatch
        re.search *.validators.url ipaddress.ip_address uuid.UUID *.url_has_allowed_host_and_scheme
        *.is_safe_url .match",
        Guard(Clean::EVERYTHING),
    ),
    row(
        "int float bool len uuid.UUID ord hash id isinstance type ast.literal_eval ipaddress.ip_address
        hashlib.sha256 hashlib.sha512 round abs .filter .filter_by .fetchone .fetchall .find_one .objects.get
        *.get_object_or_404 .first .one .scalar .get_or_404 .is_valid .full_clean .status_code .count .index
        datetime.strptime .strptime .exists os.path.exists os.path.isfile os.path.getsize",
        Cleans(Clean::EVERYTHING),
    ),
    row(
        "html.escape cgi.escape *.markupsafe.escape *.escape bleach.clean *.conditional_escape
        xml.sax.saxutils.escape json.dumps urllib.parse.quote urllib.parse.quote_plus urllib.parse.urlencode
        *.format_html nh3.clean",
        Cleans(Clean::HTML.and(Clean::LINE)),
    ),
    row("urllib.parse.quote urllib.parse.quote_plus urllib.parse.urlencode", Cleans(Clean::PATH.and(Clean::URL))),
    row(".replace repr re.sub .splitlines .translate", Cleans(Clean::LINE)),
    row(
        "*.escape_filter_chars *.escape_dn_chars *.quote_identifier *.escape_string psycopg2.sql.Identifier
        psycopg2.sql.Literal sql.Identifier *.quote_ident",
        Cleans(Clean::SQL.and(Clean::HTML)),
    ),
    // Cryptography.
    row("hashlib.md5 hashlib.sha1 hashlib.md4 md5.new sha.new md5.md5", Call(&WEAK_HASH, &[Not(Arg(9, &["usedforsecurity"]), False)])),
    row("hashlib.new", Call(&WEAK_HASH, &[Is(Arg(0, &["name"]), Text(&["md5", "md4", "sha", "sha1", "ripemd160"])), Not(Arg(9, &["usedforsecurity"]), False)])),
    row("hashlib.sha256 hashlib.sha512 hashlib.sha224 hashlib.sha384", Call(&PLAIN_PASSWORD, &[Is(FIRST, Holds(&["password", "passwd"])), ForSecret, Without(&["salt", "hmac"])])),
    row(
        "Crypto.Hash.MD5.new Crypto.Hash.MD4.new Crypto.Hash.MD2.new Crypto.Hash.SHA.new Crypto.Hash.SHA1.new
        Cryptodome.Hash.MD5.new Cryptodome.Hash.MD4.new Cryptodome.Hash.MD2.new Cryptodome.Hash.SHA.new
        Cryptodome.Hash.SHA1.new *.hashes.MD5 *.hashes.SHA1 MD5.new SHA.new SHA1.new passlib.hash.md5_crypt.hash
        passlib.hash.md5_crypt.encrypt passlib.hash.des_crypt.hash crypt.crypt zlib.crc32_password
        passlib.hash.ldap_md5.hash passlib.hash.hex_md5.hash passlib.hash.lmhash.hash",
        Mention(&WEAK_HASH),
    ),
    row(
        "*.DES.new *.DES3.new *.ARC2.new *.ARC4.new *.Blowfish.new *.XOR.new *.CAST.new *.algorithms.ARC4
        *.algorithms.Blowfish *.algorithms.IDEA *.algorithms.TripleDES *.algorithms.CAST5 *.algorithms.SEED
        *.modes.ECB *.AES.MODE_ECB *.DES.MODE_ECB *.MODE_ECB pyDes.des pyDes.triple_des",
        Mention(&WEAK_CIPHER),
    ),
    row("*.AES.new", Call(&FIXED_IV, &[Is(Arg(2, &["iv", "IV", "nonce"]), Constant)])),
    row("*.modes.CBC *.modes.CTR *.modes.GCM *.modes.OFB *.modes.CFB", Call(&FIXED_IV, &[Is(FIRST, Constant)])),
    row("*.AES.new", Call(&FIXED_KEY, &[Is(Arg(0, &["key"]), Constant)])),
    row("hmac.new *.Fernet", Call(&FIXED_KEY, &[Is(Arg(0, &["key"]), Constant)])),
    row("hashlib.pbkdf2_hmac", Call(&FEW_ROUNDS, &[Is(Arg(3, &["iterations"]), Below(100_000))])),
    row("hashlib.pbkdf2_hmac hashlib.scrypt", Call(&FIXED_IV, &[Is(Arg(2, &["salt"]), Constant)])),
    row("*.PBKDF2HMAC", Call(&FEW_ROUNDS, &[Is(Arg(3, &["iterations"]), Below(100_000))])),
    row(
        "*.rsa.generate_private_key *.dsa.generate_private_key rsa.generate_private_key dsa.generate_private_key",
        Call(&SHORT_KEY, &[Any(Below(2048)), Not(Arg(9, &["key_size"]), Below(0))]),
    ),
    row("*.rsa.generate_private_key *.dsa.generate_private_key", Call(&SHORT_KEY, &[Is(Arg(1, &["key_size"]), Below(2048))])),
    row("*.dsa.generate_private_key *.RSA.generate *.DSA.generate *.RSA.import_key rsa.newkeys", Call(&SHORT_KEY, &[Is(Arg(0, &["key_size", "bits"]), Below(2048))])),
    row("*.ec.SECP192R1 *.ec.SECT163R2 *.ec.SECT163K1 *.ec.SECP160R1", Mention(&SHORT_KEY)),
    row(
        "random.random random.randint random.randrange random.choice random.choices random.uniform random.sample
        random.getrandbits random.shuffle random.randbytes random.Random random.triangular random.gauss
        numpy.random.rand numpy.random.randint np.random.randint np.random.choice",
        Call(&WEAK_RANDOM_SECRET, &[ForSecret]),
    ),
    row(
        "random.random random.randint random.randrange random.choice random.choices random.uniform random.sample
        random.getrandbits random.seed random.randbytes random.Random",
        Call(&WEAK_RANDOM, &[]),
    ),
    row("random.seed random.Random().seed", Call(&WEAK_RANDOM_SECRET, &[With(&["token", "password", "secret", "otp", "session"])])),
    row("uuid.uuid1 time.time", Call(&WEAK_RANDOM_SECRET, &[ForSecret, With(&["uuid1"])])),
    row("uuid.uuid1", Call(&WEAK_RANDOM, &[])),
    // Transport.
    row("verify", Set(&TLS_UNCHECKED, False)),
    row(
        "verify_ssl ssl_verify validate_certs check_hostname assert_hostname ssl_check_hostname validate_cert
        .verify_ssl .check_hostname .verify",
        Set(&TLS_UNCHECKED, False),
    ),
    row("ssl", Call(&TLS_UNCHECKED, &[Is(Arg(9, &["ssl"]), False)])),
    row("cert_reqs .verify_mode", Set(&TLS_UNCHECKED, Holds(&["cert_none", "none"]))),
    row(
        "ssl.CERT_NONE ssl._create_unverified_context ssl._create_default_https_context OpenSSL.SSL.VERIFY_NONE",
        Mention(&TLS_UNCHECKED),
    ),
    row("urllib3.disable_warnings requests.packages.urllib3.disable_warnings", Call(&TLS_UNCHECKED, &[With(&["verify=False", "CERT_NONE"])])),
    row("ssl.wrap_socket", Mention(&TLS_OLD)),
    row(
        "ssl.PROTOCOL_SSLv2 ssl.PROTOCOL_SSLv3 ssl.PROTOCOL_SSLv23 ssl.PROTOCOL_TLSv1 ssl.PROTOCOL_TLSv1_1
        *.SSL.SSLv2_METHOD *.SSL.SSLv3_METHOD *.SSL.SSLv23_METHOD *.SSL.TLSv1_METHOD *.SSL.TLSv1_1_METHOD
        ssl.TLSVersion.TLSv1 ssl.TLSVersion.TLSv1_1 ssl.TLSVersion.SSLv3 ssl.TLSVersion.MINIMUM_SUPPORTED",
        Mention(&TLS_OLD),
    ),
    row(
        "ftplib.FTP telnetlib.Telnet imaplib.IMAP4 poplib.POP3 nntplib.NNTP http.client.HTTPConnection
        httplib.HTTPConnection",
        Mention(&CLEARTEXT),
    ),
    row("smtplib.SMTP", Call(&CLEARTEXT, &[With(&[".login("]), Without(&["starttls", "STARTTLS"])])),
    row(
        "requests.get requests.post requests.put requests.delete requests.patch requests.head requests.options
        requests.Session().get requests.Session().post requests.Session().put requests.Session().delete
        requests.Session().patch requests.session().get urllib.request.urlopen urllib.request.urlretrieve
        urllib2.urlopen urllib.urlopen urllib.urlretrieve urllib.request.Request
        urllib.request.OpenerDirector().open urllib.request.URLopener().open urllib.request.URLopener().retrieve
        urllib.request.FancyURLopener().open urllib.request.build_opener().open httpx.get httpx.post
        *.ClientSession().get *.ClientSession().post",
        Call(&CLEARTEXT, &[Is(URL, Holds(&["http://"])), Not(URL, Holds(&["localhost", "127.0.0.1", "http://\u{E000}", "0.0.0.0"]))]),
    ),
    row("requests.request requests.Session().request", Call(&CLEARTEXT, &[Is(Arg(1, &["url"]), Holds(&["http://"])), Not(Arg(1, &["url"]), Holds(&["localhost", "127.0.0.1"]))])),
    row("*.AutoAddPolicy *.WarningPolicy *.client.AutoAddPolicy", Mention(&HOST_KEY)),
    row("asyncssh.connect", Call(&HOST_KEY, &[Is(Arg(9, &["known_hosts"]), Null)])),
    row("jwt.decode jose.jwt.decode *.jwt.decode", Call(&JWT_UNVERIFIED, &[Is(Arg(2, &["verify"]), False)])),
    row("verify_signature verify_exp verify_aud", Set(&JWT_UNVERIFIED, False)),
    row("jwt.decode jwt.encode *.jwt.encode *.jwt.decode", Call(&JWT_UNVERIFIED, &[Any(Text(&["none"]))])),
    row("algorithm algorithms", Set(&JWT_UNVERIFIED, Text(&["none"]))),
    row("jwt.encode jwt.decode *.jwt.encode", Call(&FIXED_KEY, &[Is(Arg(1, &["key"]), Constant)])),
    row("jwt.process_jwt python_jwt.process_jwt", Call(&JWT_UNVERIFIED, &[Without(&["verify_jwt"])])),
    row("*.SnmpEngine pysnmp.hlapi.CommunityData *.CommunityData", Mention(&CLEARTEXT)),
    row("socket.socket().bind .bind", Call(&BIND_ALL, &[Any(Is::Anything), Is(FIRST, Is::Anything), With(&["0.0.0.0", "('',", "(\"\","]), With(&["socket"])])),
    // XML.
    row(
        "xml.etree.ElementTree.parse xml.etree.ElementTree.fromstring xml.etree.ElementTree.iterparse
        xml.etree.ElementTree.XMLParser xml.etree.ElementTree.XML xml.etree.cElementTree.parse
        xml.etree.cElementTree.fromstring xml.etree.cElementTree.iterparse xml.etree.cElementTree.XMLParser
        xml.dom.minidom.parse xml.dom.minidom.parseString xml.dom.pulldom.parse xml.dom.pulldom.parseString
        xml.sax.parse xml.sax.parseString xml.sax.make_parser xml.sax.expatreader.create_parser
        xml.dom.expatbuilder.parse xml.dom.expatbuilder.parseString xmlrpc.server.SimpleXMLRPCServer
        xmlrpclib.ServerProxy SimpleXMLRPCServer.SimpleXMLRPCServer",
        Call(&XXE, UNSAFE_XML),
    ),
    row(
        "lxml.etree.XMLParser lxml.etree.parse lxml.etree.fromstring lxml.etree.XML lxml.etree.iterparse
        lxml.objectify.parse lxml.objectify.fromstring etree.XMLParser etree.parse etree.fromstring",
        Call(&XXE, UNSAFE_XML),
    ),
    row("resolve_entities load_dtd huge_tree", Set(&XXE, True)),
    row("no_network", Set(&XXE, False)),
    row(".setFeature", Call(&XXE, &[Is(FIRST, Holds(&["feature_external_ges", "feature_external_pes"])), Is(Arg(1, &[]), True)])),
    row(".xpath .findall .find lxml.etree.XPath etree.XPath .iterfind", Call(&XPATH, &[Built(FIRST, Clean::SQL), Flows(FIRST, Clean::SQL), With(&["xml", "etree"])])),
    row(".search_s .search .search_ext .search_st ldap.search_s", Call(&LDAP, &[With(&["ldap"]), AnyRequest(Clean::SQL)])),
    row(".search_s .search .search_ext .search_st", Call(&LDAP, &[With(&["ldap"]), Any(Mixed), Without(&["escape_filter_chars", "escape_dn_chars"])])),
    row(".simple_bind_s .simple_bind ldap.initialize().bind_s", Call(&PLAIN_PASSWORD, &[With(&["ldap"]), Lacks(Arg(1, &["cred", "password"]))])),
    // Logs, patterns.
    row(
        "logging.info logging.warning logging.error logging.debug logging.critical logging.exception .logger.info
        .logger.error .logger.warning .logger.debug logging.getLogger().info logging.getLogger().error
        logging.getLogger().warning logging.getLogger().debug logging.getLogger().critical logger.info
        logger.error logger.warning log.info log.error logging.Logger().info logging.log",
        Call(&LOG_INJECTION, &[AnyRequest(Clean::LINE)]),
    ),
    row("re.compile re.search re.match re.findall re.sub re.split re.fullmatch re.finditer", Call(&REGEX, &[Request(Arg(0, &["pattern"]), Clean::EVERYTHING)])),
    row("re.compile re.search re.match re.findall re.sub re.fullmatch re.finditer", Call(&REGEX_SLOW, &[Is(Arg(0, &["pattern"]), Holds(&["+)+", "*)*", "+)*", "*)+", "+){", "*?)*", "\\d+)*", "]+)+", "]*)*", "]+)*", "|[a-z])+", "(a|aa)+", "(.*)*", "(.+)+", ".*)+", ".+)*"]))])),
    row("re.escape regex.escape *.slugify", Cleans(Clean::EVERYTHING)),
    // Where content comes from, and credentials.
    row("input raw_input sys.stdin.read sys.stdin.readline sys.argv sys.stdin", Source(Origin::REQUEST)),
    row("argparse.ArgumentParser().parse_args .recv .recvfrom cgi.FieldStorage getpass.getpass", Source(Origin::REQUEST)),
    row("os.getenv os.environ.get os.environ", Source(Origin::OUTSIDE)),
    row("os.environ.copy os.environ.items", Source(Origin::SECRET)),
    row("dict json.dumps str repr list", Call(&ENVIRONMENT_DUMP, &[Is(FIRST, Text(&["os.environ"]))])),
    row(
        "keyring.get_password browser_cookie3.chrome browser_cookie3.load win32crypt.CryptUnprotectData",
        Source(Origin::SECRET),
    ),
    row(
        "browser_cookie3.chrome browser_cookie3.firefox browser_cookie3.load win32crypt.CryptUnprotectData",
        Mention(&READS_CREDENTIALS),
    ),
    row(
        "pynput.keyboard.Listener keyboard.on_press keyboard.hook pyperclip.paste pyscreenshot.grab
        *.ImageGrab.grab keyboard.on_release",
        Mention(&INPUT_CAPTURE),
    ),
    // Asserts as checks.
    row(
        "requests.get requests.post requests.put requests.delete requests.patch requests.head requests.request
        requests.Session().get requests.Session().post urllib.request.urlopen urllib2.urlopen urllib.urlopen
        urllib.request.urlretrieve urllib.request.Request httpx.get httpx.post httpx.put httpx.request
        *.ClientSession().get *.ClientSession().post *.AsyncClient().get *.AsyncClient().post
        *.AsyncClient().put *.Client().get *.Client().post urllib3.PoolManager().request
        http.client.HTTPSConnection http.client.HTTPConnection aiohttp.request socket.socket().sendall
        socket.socket().send socket.create_connection .sendall pycurl.Curl().setopt smtplib.SMTP().sendmail
        smtplib.SMTP().send_message smtplib.SMTP_SSL().sendmail",
        Runs(Sink::Send),
    ),
];
