//! JavaScript and TypeScript: Node, the browser, Express and its kin. Must never list a method that any object has.

use super::Is::{self, *};
use super::Means::{Call, Clean as Cleans, Guard, Mention, Set, Sink as Runs, Source, SourceWith};
use super::When::*;
use super::rules::*;
use super::{Arg, Row, Sink, row};
use crate::code::rule::{DELAYED, DESERIALIZE, EVAL, REMOVE_TREE, SQL_CONCATENATION, UNINSPECTED_CODE};
use crate::code::source::value::{Clean, Origin};

const FIRST: Arg = Arg(0, &[]);
const SECOND: Arg = Arg(1, &[]);
const HTML: Is = Varying;

pub(super) const ROWS: &[Row] = &[
    row(
        "child_process.exec child_process.execSync exec execSync execAsync execPromise cp.exec cp.execSync
        childProcess.exec childProcess.execSync .execSync shelljs.exec shell.exec execa.command execa.commandSync
        execaCommand execaCommandSync $ zx.$ execa.$ Bun.$ util.promisify().exec",
        Runs(Sink::Shell),
    ),
    row(
        "child_process.spawn child_process.spawnSync child_process.execFile child_process.execFileSync
        child_process.fork spawn spawnSync execFile execFileSync cp.spawn cp.spawnSync execa execa.execa execa.sync
        Deno.run Deno.Command Bun.spawn Bun.spawnSync cross-spawn cross-spawn.sync",
        Runs(Sink::Spawn),
    ),
    row("shell-quote.quote shell-escape shellescape", Cleans(Clean::SHELL)),
    row(
        "eval window.eval globalThis.eval global.eval self.eval vm.runInNewContext vm.runInThisContext vm.runInContext
        .runInNewContext .runInThisContext vm.Script vm.compileFunction Function window.Function globalThis.Function
        execScript vm2.VM().run vm2.NodeVM().run .constructor.constructor",
        Runs(Sink::Evaluate(&EVAL)),
    ),
    row("setTimeout setInterval setImmediate window.setTimeout window.setInterval", Runs(Sink::Evaluate(&DELAYED))),
    row("require import", Runs(Sink::Import)),
    row("process.binding process.dlopen", Mention(&UNINSPECTED_CODE)),
    row(
        "fs.rmSync fs.rm fs.rmdirSync fs.rmdir fs.promises.rm fs.promises.rmdir fsPromises.rm fs/promises.rm
        fs/promises.rmdir rimraf rimraf.sync rimrafSync rimraf.rimraf fs-extra.remove fs-extra.removeSync
        fs-extra.emptyDirSync fs-extra.emptyDir fse.remove fse.removeSync fs.removeSync fs.emptyDirSync del del.sync
        shelljs.rm shell.rm Deno.remove Deno.removeSync",
        Runs(Sink::DeleteTree(&REMOVE_TREE)),
    ),
    row(
        "fs.unlink fs.unlinkSync fs.promises.unlink fs/promises.unlink fsPromises.unlink fs.truncateSync fs.truncate",
        Runs(Sink::DeleteFile),
    ),
    row(
        "fs.writeFile fs.writeFileSync fs.appendFile fs.appendFileSync fs.createWriteStream fs.promises.writeFile
        fs/promises.writeFile fsPromises.writeFile Deno.writeTextFile Bun.write",
        Runs(Sink::Write),
    ),
    row(
        "fs.readFile fs.readFileSync fs.createReadStream fs.promises.readFile fs/promises.readFile fsPromises.readFile
        Deno.readTextFile fs.readdir fs.readdirSync fs.stat fs.statSync fs.open fs.openSync fs.access fs.exists
        fs.existsSync fs.lstatSync",
        Runs(Sink::Open),
    ),
    row(".sendFile .sendfile .download", Call(&PATH_TRAVERSAL, &[Request(FIRST, Clean::PATH)])),
    row("path.basename", Cleans(Clean::PATH)),
    row(".startsWith path.relative", Guard(Clean::PATH.and(Clean::URL))),
    row(".includes .has .indexOf .test .some", Guard(Clean::EVERYTHING)),
    row(
        "Number parseInt parseFloat Boolean .length isNaN Number.parseInt Number.parseFloat validator.isURL
        mongoose.Types.ObjectId ObjectId .toFixed",
        Cleans(Clean::EVERYTHING),
    ),
    row(
        "encodeURIComponent encodeURI escape DOMPurify.sanitize *.escapeHtml *.escapeHTML he.encode he.escape
        lodash.escape _.escape validator.escape sanitize-html sanitizeHtml xss JSON.stringify",
        Cleans(Clean::HTML.and(Clean::LINE)),
    ),
    row("encodeURIComponent", Cleans(Clean::URL.and(Clean::PATH))),
    row(".replace .replaceAll", Cleans(Clean::LINE.and(Clean::HTML))),
    row("mysql.escape .escapeId .escape connection.escape pg-format sqlstring.escape", Cleans(Clean::SQL)),
    row("node-serialize.unserialize serialize.unserialize serialize-to-js.deserialize funcster.deepDeserialize", Call(&DESERIALIZE, &[])),
    row("js-yaml.load yaml.load", Call(&DESERIALIZE, &[Request(FIRST, Clean::EVERYTHING), With(&["DEFAULT_FULL_SCHEMA"])])),
    row("process.setuid process.setgid process.seteuid", Runs(Sink::SetUser)),
    // Requests.
    row(
        "req.query req.body req.params req.headers req.cookies req.url req.originalUrl req.param req.files req.get
        req.header req.hostname req.path req.signedCookies request.query request.body request.params request.headers
        request.cookies request.url ctx.query ctx.request ctx.params ctx.headers ctx.cookies ctx.request.body
        event.queryStringParameters event.body event.pathParameters event.headers location.search location.hash
        location.href window.location.search window.location.hash window.location.href document.location.href
        document.location.search document.location.hash document.URL document.referrer document.cookie window.name
        process.argv window.location document.location location prompt *.searchParams.get *.request.query.get
        readline.question *.useParams *.useSearchParams ctx.req.query c.req.query c.req.param",
        Source(Origin::REQUEST),
    ),
    row("process.env", Source(Origin::OUTSIDE)),
    row("JSON.stringify Object.entries Object.assign", Call(&ENVIRONMENT_DUMP, &[Is(FIRST, Text(&["process.env"]))])),
    // Pages.
    row(".innerHTML .outerHTML .srcdoc", Set(&XSS_SINK, HTML)),
    row("__html", Set(&XSS_SINK, Varying)),
    row("v-html", Set(&XSS_SINK, Anything)),
    row("document.write document.writeln .insertAdjacentHTML", Call(&XSS_SINK, &[Any(Varying)])),
    row(
        ".bypassSecurityTrustHtml .bypassSecurityTrustScript .bypassSecurityTrustUrl
        .bypassSecurityTrustResourceUrl .bypassSecurityTrustStyle",
        Call(&XSS_SINK, &[]),
    ),
    row("res.send res.write res.end response.send response.write response.end reply.send .status().send", Call(&XSS, &[Request(FIRST, Clean::HTML), Is(FIRST, Mixed)])),
    row("res.send res.write res.end response.send response.write response.end", Call(&XSS, &[Request(FIRST, Clean::HTML), Is(FIRST, Varying), Without(&["application/json"])])),
    row("jQuery().html $().html $().append $().prepend $().after $().before jQuery().append jQuery().prepend .html", Call(&XSS_SINK, &[Is(FIRST, Varying), With(&["$(", "jQuery("])])),
    row("res.redirect response.redirect ctx.redirect reply.redirect .redirect", Call(&REDIRECT, &[AnyRequest(Clean::URL)])),
    row("window.location.assign window.location.replace location.assign location.replace window.open", Call(&REDIRECT, &[Request(FIRST, Clean::URL)])),
    row("window.location location location.href window.location.href document.location document.location.href", Set(&REDIRECT, Requested)),
    row("res.setHeader res.set res.header response.setHeader .writeHead", Call(&HEADER, &[AnyRequest(Clean::LINE)])),
    row(".postMessage", Call(&MESSAGE_ANY, &[Is(SECOND, Text(&["*"]))])),
    row("handlebars.compile Handlebars.compile pug.compile pug.render ejs.render ejs.compile nunjucks.renderString lodash.template _.template mustache.render dot.template Mustache.render", Call(&SSTI, &[Flows(FIRST, Clean::HTML)])),
    row("noEscape", Set(&AUTOESCAPE, True)),
    row("autoescape escapeMarkup", Set(&AUTOESCAPE, False)),
    // Addresses.
    row(
        "fetch axios axios.get axios.post axios.put axios.delete axios.request axios.patch got got.get got.post
        node-fetch request request.get request.post http.get http.request https.get https.request superagent.get
        superagent.post needle.get needle needle.post undici.request undici.fetch ky.get ky.post navigator.sendBeacon XMLHttpRequest().send net.connect
        puppeteer.launch().newPage().goto page.goto WebSocket",
        Runs(Sink::Send),
    ),
    row("fetch axios.get axios.post http.get request.get", Call(&CLEARTEXT, &[Is(FIRST, Holds(&["http://"])), Not(FIRST, Holds(&["localhost", "127.0.0.1"]))])),
    // Queries.
    row(".find .findOne .findOneAndUpdate .updateOne .deleteOne .updateMany .deleteMany .countDocuments .where", Call(&NOSQL, &[Request(FIRST, Clean::OBJECT), With(&["mongo", "Mongo", "findOne", "collection("])])),
    row("$where", Set(&NOSQL, Varying)),
    row(".query .execute .raw .queryRawUnsafe .$queryRawUnsafe .$executeRawUnsafe sequelize.literal", Call(&SQL_CONCATENATION, &[Built(FIRST, Clean::SQL), Is(FIRST, Holds(&["select ", "insert ", "update ", "delete "]))])),
    row(".query .execute .raw .$queryRawUnsafe .$executeRawUnsafe .exec .prepare sequelize.query sequelize.literal", Runs(Sink::Sql)),
    row("lodash.merge _.merge lodash.defaultsDeep _.defaultsDeep lodash.set _.set jQuery.extend $.extend deepmerge merge", Call(&PROTOTYPE, &[AnyRequest(Clean::EVERYTHING)])),
    row("Object.assign", Call(&MASS_ASSIGNMENT, &[Request(SECOND, Clean::EVERYTHING)])),
    row("__proto__", Set(&PROTOTYPE, Anything)),
    row("RegExp new.RegExp", Call(&REGEX, &[Flows(FIRST, Clean::EVERYTHING)])),
    row("RegExp", Call(&REGEX, &[Is(FIRST, Mixed)])),
    row("libxmljs.parseXml libxmljs.parseXmlString", Call(&XXE, &[Is(Arg(1, &["noent"]), Anything), With(&["noent"])])),
    row("noent", Set(&XXE, True)),
    row("xpath.select xpath.parse xpath.evaluate document.evaluate", Call(&XPATH, &[Flows(FIRST, Clean::SQL)])),
    row("console.log console.error logger.info logger.error winston.info", Call(&LOG_INJECTION, &[AnyRequest(Clean::LINE), Any(Mixed)])),
    // Cryptography and transport.
    row("crypto.createHash crypto.createHmac createHash", Call(&WEAK_HASH, &[Is(FIRST, Text(&["md5", "md4", "sha1", "ripemd160"]))])),
    row("md5 CryptoJS.MD5 CryptoJS.SHA1 crypto-js.MD5 crypto-js.SHA1 sha1 crypto-js/md5 *.Md5.hashStr", Call(&WEAK_HASH, &[])),
    row("crypto.createCipher crypto.createDecipher CryptoJS.DES.encrypt CryptoJS.TripleDES.encrypt CryptoJS.RC4.encrypt crypto-js.DES.encrypt", Call(&WEAK_CIPHER, &[])),
    row("crypto.createCipheriv crypto.createDecipheriv", Call(&WEAK_CIPHER, &[Is(FIRST, Holds(&["des", "rc4", "ecb", "bf-", "rc2"]))])),
    row("crypto.createCipheriv", Call(&FIXED_IV, &[Is(Arg(2, &[]), Constant)])),
    row("crypto.createCipheriv crypto.createHmac", Call(&FIXED_KEY, &[Is(SECOND, Constant)])),
    row("crypto.pbkdf2 crypto.pbkdf2Sync", Call(&FEW_ROUNDS, &[Is(Arg(2, &[]), Below(100_000))])),
    row("crypto.generateKeyPair crypto.generateKeyPairSync", Call(&SHORT_KEY, &[Is(Arg(9, &["modulusLength"]), Below(2048))])),
    row("modulusLength", Set(&SHORT_KEY, Below(2048))),
    row("Math.random", Call(&WEAK_RANDOM_SECRET, &[ForSecret])),
    row("Math.random crypto.pseudoRandomBytes", Call(&WEAK_RANDOM, &[])),
    row("crypto.pseudoRandomBytes", Call(&WEAK_RANDOM_SECRET, &[])),
    row("rejectUnauthorized strictSSL .rejectUnauthorized .strictSSL checkServerIdentity_off", Set(&TLS_UNCHECKED, False)),
    row(".NODE_TLS_REJECT_UNAUTHORIZED NODE_TLS_REJECT_UNAUTHORIZED", Set(&TLS_UNCHECKED, Text(&["0"]))),
    row(".NODE_TLS_REJECT_UNAUTHORIZED", Set(&TLS_UNCHECKED, False)),
    row("secureProtocol minVersion", Set(&TLS_OLD, Text(&["SSLv2_method", "SSLv3_method", "TLSv1_method", "TLSv1_1_method", "TLSv1", "TLSv1.1", "SSLv3"]))),
    row("jsonwebtoken.verify jwt.verify jsonwebtoken.sign jwt.sign", Call(&JWT_UNVERIFIED, &[Any(Holds(&["none"])), With(&["'none'", "\"none\""])])),
    row("jsonwebtoken.sign jwt.sign jsonwebtoken.verify jwt.verify", Call(&FIXED_KEY, &[Is(SECOND, Constant)])),
    row("session express-session cookie-session cookieSession", Call(&FIXED_KEY, &[Is(Arg(9, &["secret"]), Constant)])),
    row("algorithms algorithm", Set(&JWT_UNVERIFIED, Text(&["none"]))),
    // Settings.
    row("httpOnly secure", Set(&COOKIE, False)),
    row("nodeIntegration webviewTag nodeIntegrationInWorker allowRunningInsecureContent", Set(&XSS_SINK, True)),
    row("contextIsolation webSecurity", Set(&XSS_SINK, False)),
    row("Access-Control-Allow-Origin", Set(&CORS, Text(&["*"]))),
    row("res.setHeader res.header res.set", Call(&CORS, &[Is(FIRST, Text(&["Access-Control-Allow-Origin"])), Is(SECOND, Text(&["*"]))])),
    row("fs.chmod fs.chmodSync fs.promises.chmod", Call(&PERMISSIVE, &[Any(WorldWritable)])),
    row("Buffer.allocUnsafe Buffer.allocUnsafeSlow", Call(&UNINITIALIZED, &[])),
    row("Buffer", Call(&UNINITIALIZED, &[Is(FIRST, Varying)])),
    // Archives, messages, tokens.
    row("entry.path entry.fileName entry.entryName header.name .entryName", SourceWith(Origin::ENTRY, &["unzip", "yauzl", "adm-zip", "AdmZip", "tar-stream", "jszip", "JSZip"])),
    row("res.send res.end res.json res.write response.send response.end response.json .status().send .status().json ctx.body", Call(&LEAK, &[Is(FIRST, Holds(&[".stack"]))])),
    row("jsonwebtoken.decode jwt.decode", Call(&JWT_UNVERIFIED, &[AnyRequest(Clean::EVERYTHING), Without(&[".verify("])])),
    row("pug.compile() handlebars.compile() Handlebars.compile() ejs.compile() lodash.template() _.template()", Cleans(Clean::HTML)),
    row(
        "escape-html escapeHtml validator.escape sanitize-html sanitizeHtml dompurify.sanitize *.DOMPurify.sanitize
        isomorphic-dompurify.sanitize xss-filters.inHTMLData lodash.escape xss.filterXSS *.filterXSS",
        Cleans(Clean::HTML.and(Clean::LINE)),
    ),
    row("sanitize-filename slugify slug uuid.validate", Cleans(Clean::PATH)),
    row(
        "escape-string-regexp lodash.escaperegexp lodash.escapeRegExp lodash/escapeRegExp _.escapeRegExp RegExp.escape
        escape-regexp escape-regexp-component regex-escape *.escapeStringRegexp *.escapeRegExp",
        Cleans(Clean::EVERYTHING),
    ),
    row("origin", Set(&CORS, Text(&["*"]))),
    row("res.setHeader res.header res.set", Call(&CORS, &[Is(FIRST, Text(&["Access-Control-Allow-Origin"])), Request(SECOND, Clean::EVERYTHING)])),
    row("console.info console.warn console.debug", Call(&LOG_INJECTION, &[AnyRequest(Clean::LINE), Any(Mixed)])),
    row("secretOrKey secretOrPrivateKey jwtSecret", Set(&FIXED_KEY, Constant)),
];
