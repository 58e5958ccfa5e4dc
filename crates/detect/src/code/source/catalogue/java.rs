//! Java: the platform, servlets, Spring, the common libraries. Must never list a method that any class has.

use super::Is::*;
use super::Means::{Call, Clean as Cleans, Guard, Mention, Set, Sink as Runs, Source, SourceWith};
use super::When::*;
use super::rules::*;
use super::{Arg, Row, Sink, row};
use crate::code::rule::{DESERIALIZE, EVAL, REMOVE_TREE, SQL_CONCATENATION};
use crate::code::source::value::{Clean, Origin};

const FIRST: Arg = Arg(0, &[]);
const SECOND: Arg = Arg(1, &[]);

pub(super) const ROWS: &[Row] = &[
    row("Runtime.getRuntime().exec .getRuntime().exec", Runs(Sink::Shell)),
    row(".exec", Call(&COMMAND_VALUE, &[Is(FIRST, Varying), With(&["Runtime"]), Under(&["runtime", "rt"])])),
    row("ProcessBuilder *.ProcessBuilder ProcessBuilder().command", Runs(Sink::Words(0))),
    row("ProcessBuilder", Call(&COMMAND_VALUE, &[Flows(FIRST, Clean::SHELL)])),
    row(".eval", Call(&EVAL, &[Is(FIRST, Varying), With(&["ScriptEngine", "GroovyShell", "Nashorn"])])),
    row("GroovyShell().evaluate *.parseExpression *.Ognl.getValue *.MVEL.eval", Call(&EVAL, &[Is(FIRST, Varying)])),
    row("Class.forName", Call(&UNSAFE_REFLECTION, &[Request(FIRST, Clean::EVERYTHING)])),
    row("FileUtils.deleteDirectory FileUtils.forceDelete FileSystemUtils.deleteRecursively", Runs(Sink::DeleteTree(&REMOVE_TREE))),
    row("Files.delete Files.deleteIfExists", Runs(Sink::DeleteFile)),
    row("Files.write Files.writeString FileOutputStream FileWriter", Runs(Sink::Write)),
    row("Files.readAllBytes Files.readAllLines Files.readString FileInputStream FileReader Files.newInputStream", Runs(Sink::Open)),
    row("File", Call(&PATH_TRAVERSAL, &[AnyRequest(Clean::PATH)])),
    row(
        ".getName",
        SourceWith(Origin::ENTRY, &["ZipEntry", "TarArchiveEntry", "JarEntry", "ArchiveEntry", "ZipFile"]),
    ),
    row("FilenameUtils.getName .getFileName .getCanonicalPath .normalize", Cleans(Clean::PATH)),
    row(".startsWith .contains .matches", Guard(Clean::PATH.and(Clean::URL))),
    row("Integer.parseInt Long.parseLong UUID.fromString Integer.valueOf Boolean.parseBoolean .length .size", Cleans(Clean::EVERYTHING)),
    row("*.escapeHtml4 *.escapeHtml *.forHtml *.htmlEscape *.encodeForHTML *.escapeHtml3 *.forJavaScript *.escapeXml", Cleans(Clean::HTML)),
    row("*.encodeForLDAP *.encodeForSQL *.escapeSql *.encodeForXPath", Cleans(Clean::SQL)),
    row(".replaceAll .replace", Cleans(Clean::LINE)),
    row(".executeQuery .executeUpdate .execute .prepareStatement .createQuery .createNativeQuery .addBatch .queryForObject .queryForList .prepareCall .createSQLQuery .executeLargeUpdate", Runs(Sink::Sql)),
    row(".executeQuery .executeUpdate .createQuery .createNativeQuery .prepareStatement .queryForObject .queryForList", Call(&SQL_CONCATENATION, &[Built(FIRST, Clean::SQL)])),
    row(
        ".getParameter .getHeader .getQueryString .getCookies .getParameterValues .getParameterMap .getInputStream
        .getReader .getRequestURI .getRequestURL .getPathInfo .getHeaders .getRemoteUser .getPart .getParts
        .getServletPath Scanner().nextLine Scanner().next BufferedReader().readLine",
        Source(Origin::REQUEST),
    ),
    row("ObjectInputStream *.ObjectInputStream", Call(&DESERIALIZE, &[])),
    row("ObjectInputStream().readObject XMLDecoder XMLDecoder().readObject *.XStream().fromXML .readUnshared", Call(&DESERIALIZE, &[])),
    row(".enableDefaultTyping .activateDefaultTyping *.SerializationUtils.deserialize", Call(&DESERIALIZE, &[])),
    row("Yaml().load .fromXML", Call(&DESERIALIZE, &[With(&["snakeyaml", "XStream"]), Without(&["SafeConstructor", "allowTypes"])])),
    row(
        "DocumentBuilderFactory.newInstance SAXParserFactory.newInstance XMLInputFactory.newInstance
        XMLInputFactory.newFactory SAXReader *.SAXReader SAXBuilder TransformerFactory.newInstance
        XMLReaderFactory.createXMLReader SchemaFactory.newInstance",
        Call(&XXE, &[Without(&["disallow-doctype-decl", "FEATURE_SECURE_PROCESSING", "ACCESS_EXTERNAL_DTD", "external-general-entities", "SUPPORT_DTD", "IS_SUPPORTING_EXTERNAL_ENTITIES"])]),
    ),
    row(".parse", Call(&XXE, &[With(&["SAXParser", "DocumentBuilder", "XMLReader", "DefaultHandler"]), Without(&["disallow-doctype-decl", "FEATURE_SECURE_PROCESSING", "external-general-entities"]), Under(&["parser", "reader", "builder", "db", "xml"])])),
    row(".compile .evaluate .selectNodes", Call(&XPATH, &[Is(FIRST, Mixed), With(&["XPath", "xpath"])])),
    row(".search", Call(&LDAP, &[Any(Mixed), With(&["DirContext", "LdapContext", "ldap"])])),
    row("MessageDigest.getInstance *.MessageDigest.getInstance", Call(&WEAK_HASH, &[Is(FIRST, Text(&["MD5", "MD2", "MD4", "SHA1", "SHA-1", "SHA"]))])),
    row("*.DigestUtils.md5 *.DigestUtils.md5Hex *.DigestUtils.sha1Hex *.DigestUtils.shaHex *.DigestUtils.sha1 *.Hashing.md5 *.Hashing.sha1 *.DigestUtils.md5DigestAsHex", Call(&WEAK_HASH, &[])),
    row("Cipher.getInstance *.Cipher.getInstance KeyGenerator.getInstance SecretKeyFactory.getInstance", Call(&WEAK_CIPHER, &[Is(FIRST, Holds(&["des", "ecb", "rc4", "rc2", "blowfish", "arcfour", "/cbc/pkcs5"]))])),
    row("Cipher.getInstance", Call(&WEAK_CIPHER, &[Is(FIRST, Text(&["AES", "RSA", "DES"]))])),
    row("Cipher.getInstance", Call(&WEAK_CIPHER, &[Is(FIRST, Holds(&["/cbc/nopadding", "rsa/none/nopadding", "rsa/ecb/nopadding"]))])),
    row("SecretKeySpec IvParameterSpec", Call(&FIXED_KEY, &[Is(FIRST, Constant)])),
    row("KeyPairGenerator.getInstance().initialize .initialize", Call(&SHORT_KEY, &[Is(FIRST, Below(2048)), With(&["KeyPairGenerator"]), With(&["RSA", "DSA"])])),
    row("Random Random().nextInt Random().nextLong Random().nextBytes Math.random ThreadLocalRandom.current().nextInt RandomStringUtils.randomAlphanumeric", Call(&WEAK_RANDOM_SECRET, &[ForSecret])),
    row("Random().nextInt Random().nextLong Random().nextBytes Math.random Random().nextDouble Random().nextBoolean", Call(&WEAK_RANDOM, &[])),
    row(
        "*.NoopHostnameVerifier *.NoopHostnameVerifier.INSTANCE *.ALLOW_ALL_HOSTNAME_VERIFIER *.AllowAllHostnameVerifier
        *.TrustAllStrategy *.TrustAllStrategy.INSTANCE *.InsecureTrustManagerFactory.INSTANCE *.TrustSelfSignedStrategy",
        Mention(&TLS_UNCHECKED),
    ),
    row(".setHostnameVerifier .setDefaultHostnameVerifier .hostnameVerifier", Call(&TLS_UNCHECKED, &[Without(&["getDefaultHostnameVerifier"]), With(&["return true", "-> true", "NoopHostnameVerifier", "ALLOW_ALL"])])),
    row("X509TrustManager TrustManager", Call(&TLS_UNCHECKED, &[With(&["checkServerTrusted"]), Without(&["throw new CertificateException"])])),
    row("SSLContext.getInstance", Call(&TLS_OLD, &[Is(FIRST, Text(&["SSL", "SSLv2", "SSLv3", "TLSv1", "TLSv1.1"]))])),
    row("URL URI *.RestTemplate().getForObject *.HttpGet", Runs(Sink::Send)),
    row(".getForObject .getForEntity .exchange .postForObject", Call(&SSRF, &[Request(FIRST, Clean::URL)])),
    row("URL", Call(&SSRF_BUILT, &[Is(FIRST, Mixed), Flows(FIRST, Clean::URL), Not(FIRST, Holds(&["://"]))])),
    row(".sendRedirect", Call(&REDIRECT, &[Request(FIRST, Clean::URL)])),
    row(".getWriter().println .getWriter().print .getWriter().write .getOutputStream().print .getWriter().printf .getWriter().append", Call(&XSS, &[AnyRequest(Clean::HTML)])),
    row(".print .println .write", Call(&XSS, &[Request(FIRST, Clean::HTML), With(&["HttpServletResponse"]), Under(&["out", "writer", "response"])])),
    row(".addHeader .setHeader", Call(&HEADER, &[Request(SECOND, Clean::LINE)])),
    row("log.info logger.info LOG.info log.error logger.error logger.warn LOGGER.info LOGGER.warn logger.debug", Call(&LOG_INJECTION, &[AnyRequest(Clean::LINE)])),
    row("Cookie().setSecure Cookie().setHttpOnly .setSecure .setHttpOnly", Call(&COOKIE, &[Is(FIRST, False)])),
    row(".csrf().disable", Mention(&CSRF)),
    row(".disable", Call(&CSRF, &[Under(&["csrf"])])),
    row("File.createTempFile", Call(&TEMP_FILE, &[With(&["setReadable", "delete() && "])])),
    row(".setWritable .setReadable .setExecutable", Call(&PERMISSIVE, &[Is(FIRST, True), Is(SECOND, False)])),
    row(".setAllowFileAccess .setJavaScriptEnabled .setAllowUniversalAccessFromFileURLs .setAllowFileAccessFromFileURLs", Call(&XSS_SINK, &[Is(FIRST, True)])),
    row("*.MODE_WORLD_READABLE *.MODE_WORLD_WRITEABLE", Mention(&PERMISSIVE)),
    row(".printStackTrace", Call(&LEAK, &[Any(Anything)])),
    row("NullCipher *.NullCipher", Call(&WEAK_CIPHER, &[])),
    row(".setSigningKey .signWith", Call(&FIXED_KEY, &[Any(Constant)])),
    row("File", Call(&TEMP_FILE, &[Is(FIRST, Holds(&["getproperty()"])), Is(SECOND, Constant), With(&["java.io.tmpdir"])])),
    row("origins value allowedOrigins", Set(&CORS, Text(&["*"]))),
    row(".setAllowedOrigins .addAllowedOrigin .allowedOrigins", Call(&CORS, &[Any(Text(&["*"]))])),
    row(
        "*.Jsoup.clean *.Encode.forHtml *.Encode.forHtmlContent *.Encode.forHtmlAttribute *.HtmlUtils.htmlEscape
        *.ESAPI.encoder().encodeForHTML *.StringEscapeUtils.escapeHtml4 *.StringEscapeUtils.escapeHtml3
        *.HtmlSanitizer.sanitize .sanitize",
        Cleans(Clean::HTML),
    ),
    row("Pattern.quote *.Pattern.quote", Cleans(Clean::EVERYTHING)),
    row("Pattern.compile", Call(&REGEX, &[Request(FIRST, Clean::EVERYTHING)])),
    row(
        ".info .warn .error .debug .trace",
        Call(&LOG_INJECTION, &[AnyRequest(Clean::LINE), Under(&["log"]), With(&["Logger", "LogManager", "@Slf4j"])]),
    ),
    row("*.DriverManager.getConnection", Call(&crate::code::rule::HARDCODED_PASSWORD, &[Is(Arg(2, &[]), Constant)])),
];
