//! C# and .NET. Must never list a method that any class has, unless its argument decides.

use super::Is::*;
use super::Means::{
    Call, Clean as Cleans, Guard, MarkedWithout, Mention, Set, Sink as Runs, Source, SourceWith,
};
use super::When::*;
use super::rules::*;
use super::{Arg, Row, Sink, row};
use crate::code::rule::{DESERIALIZE, EVAL, REMOVE_TREE, SQL_CONCATENATION};
use crate::code::source::value::{Clean, Origin};

const FIRST: Arg = Arg(0, &[]);
const SECOND: Arg = Arg(1, &[]);

pub(super) const ROWS: &[Row] = &[
    row("*.Process.Start *.ProcessStartInfo", Runs(Sink::Words(0))),
    row("*.Process.Start *.ProcessStartInfo", Call(&COMMAND_VALUE, &[Any(Varying), Not(FIRST, Holds(&["processstartinfo"])), With(&["Process"])])),
    row("*.Process.Start *.ProcessStartInfo", Call(&SHELL_ARGUMENT, &[AnyRequest(Clean::SHELL)])),
    row(".FileName .Arguments FileName Arguments", Set(&COMMAND_VALUE, Varying)),
    row("*.CSharpScript.EvaluateAsync *.CSharpScript.RunAsync .CompileAssemblyFromSource", Call(&EVAL, &[Any(Varying)])),
    row("*.Type.GetType *.Activator.CreateInstance *.Assembly.Load", Call(&UNSAFE_REFLECTION, &[Request(FIRST, Clean::EVERYTHING)])),
    row("*.Directory.Delete", Runs(Sink::DeleteTree(&REMOVE_TREE))),
    row("*.File.Delete", Runs(Sink::DeleteFile)),
    row("*.File.WriteAllText *.File.WriteAllBytes *.File.Create *.StreamWriter *.File.AppendAllText", Runs(Sink::Write)),
    row("*.File.ReadAllText *.File.ReadAllBytes *.File.OpenRead *.File.Open *.StreamReader *.FileStream *.File.ReadAllLines PhysicalFile", Runs(Sink::Open)),
    row("*.Path.GetFileName", Cleans(Clean::PATH)),
    row(".StartsWith Url.IsLocalUrl .IsLocalUrl", Guard(Clean::PATH.and(Clean::URL))),
    row(".Contains *.Regex.IsMatch .ContainsKey", Guard(Clean::EVERYTHING)),
    row("int.Parse *.int.TryParse *.Guid.Parse *.Convert.ToInt32 .Length .Count", Cleans(Clean::EVERYTHING)),
    row("*.HtmlEncode *.HttpUtility.UrlEncode *.JavaScriptStringEncode *.AntiXssEncoder.HtmlEncode .Encode *.UrlEncode", Cleans(Clean::HTML.and(Clean::LINE))),
    row(".Replace", Cleans(Clean::LINE)),
    row("Request Request.QueryString Request.Form Request.Params Request.Query Request.Cookies Request.Headers Request.Body Request.Path Request.RawUrl *.HttpContext.Request *.Request.QueryString *.Request.Form Console.ReadLine *.Request.Query *.Request.Cookies", Source(Origin::REQUEST)),
    row(
        "*.SqlCommand *.OleDbCommand *.OdbcCommand *.MySqlCommand *.NpgsqlCommand *.SQLiteCommand *.OracleCommand
        *.SqlDataAdapter *.SqliteCommand .ExecuteSqlRaw .FromSqlRaw .ExecuteSqlCommand .SqlQuery .FromSql
        .ExecuteSqlRawAsync .CreateSQLQuery .CreateQuery .Query .Execute .QueryAsync .ExecuteNonQuery .ExecuteQuery",
        Runs(Sink::Sql),
    ),
    row(
        "*.SqlCommand *.OleDbCommand *.OdbcCommand *.MySqlCommand *.NpgsqlCommand *.SQLiteCommand *.OracleCommand
        *.SqlDataAdapter *.SqliteCommand .ExecuteSqlRaw .FromSqlRaw .ExecuteSqlCommand .CreateSQLQuery",
        Call(&SQL_CONCATENATION, &[Built(FIRST, Clean::SQL)]),
    ),
    row("*.SqlCommand .CreateSQLQuery .ExecuteSqlCommand *.MySqlCommand *.OleDbCommand", Call(&SQL_CONCATENATION, &[Flows(FIRST, Clean::SQL)])),
    row(".CommandText CommandText", Set(&SQL_CONCATENATION, Mixed)),
    row("*.BinaryFormatter *.SoapFormatter *.LosFormatter *.NetDataContractSerializer *.ObjectStateFormatter", Call(&DESERIALIZE, &[])),
    row("BinaryFormatter().Deserialize *.LosFormatter().Deserialize *.JavaScriptSerializer().Deserialize", Call(&DESERIALIZE, &[])),
    row(".Deserialize", Call(&DESERIALIZE, &[With(&["BinaryFormatter", "SoapFormatter", "LosFormatter", "NetDataContractSerializer"])])),
    row("TypeNameHandling .TypeNameHandling", Set(&DESERIALIZE, Holds(&["typenamehandling.all", "typenamehandling.auto", "typenamehandling.objects", "typenamehandling.arrays"]))),
    row(".XmlResolver XmlResolver", Set(&XXE, Holds(&["xmlurlresolver"]))),
    row("DtdProcessing .DtdProcessing", Set(&XXE, Holds(&["dtdprocessing.parse"]))),
    row(".ProhibitDtd ProhibitDtd", Set(&XXE, False)),
    row("XmlDocument().Load XmlDocument().LoadXml *.XmlTextReader *.XPathDocument XmlReader.Create", Call(&XXE, &[Without(&["XmlResolver = null", "DtdProcessing.Prohibit", "DtdProcessing = DtdProcessing.Prohibit", "XmlResolver=null"])])),
    row(".SelectSingleNode .SelectNodes .XPathSelectElement .XPathSelectElements .Evaluate", Call(&XPATH, &[Is(FIRST, Varying)])),
    row("*.DirectorySearcher .Filter", Call(&LDAP, &[Any(Mixed)])),
    row(".Filter", Set(&LDAP, Mixed)),
    row(
        "*.MD5.Create *.SHA1.Create *.MD5CryptoServiceProvider *.SHA1Managed *.SHA1CryptoServiceProvider *.MD5Cng
        *.SHA1Cng *.HMACMD5 *.HMACSHA1 *.MD5.HashData *.SHA1.HashData",
        Call(&WEAK_HASH, &[]),
    ),
    row(
        "*.DES.Create *.DESCryptoServiceProvider *.TripleDES.Create *.TripleDESCryptoServiceProvider *.RC2.Create
        *.RC2CryptoServiceProvider",
        Call(&WEAK_CIPHER, &[]),
    ),
    row("Mode .Mode", Set(&WEAK_CIPHER, Holds(&["ciphermode.ecb", "ciphermode.cbc", "ciphermode.cfb", "ciphermode.ofb"]))),
    row("*.CipherMode.ECB", Mention(&WEAK_CIPHER)),
    row("*.RSACryptoServiceProvider *.RSA.Create", Call(&SHORT_KEY, &[Is(FIRST, Below(2048))])),
    row("*.Random().Next Random.Range *.Random *.Random().NextBytes .Next", Call(&WEAK_RANDOM_SECRET, &[ForSecret, With(&["Random"])])),
    row("*.Random().Next *.Random", Call(&WEAK_RANDOM, &[])),
    row(".ServerCertificateValidationCallback .ServerCertificateCustomValidationCallback .RemoteCertificateValidationCallback ServerCertificateCustomValidationCallback", Set(&TLS_UNCHECKED, Anything)),
    row("*.DangerousAcceptAnyServerCertificateValidator", Mention(&TLS_UNCHECKED)),
    row("*.SecurityProtocolType.Ssl3 *.SecurityProtocolType.Tls *.SecurityProtocolType.Tls11 *.SslProtocols.Ssl3 *.SslProtocols.Tls *.SslProtocols.Tls11 *.SslProtocols.Ssl2", Mention(&TLS_OLD)),
    row("Redirect RedirectPermanent .Redirect *.RedirectResult", Call(&REDIRECT, &[Flows(FIRST, Clean::URL), Without(&["IsLocalUrl"])])),
    row("*.WebRequest.Create .GetAsync .GetStringAsync .DownloadString .PostAsync .DownloadFile *.HttpWebRequest.Create .SendAsync", Runs(Sink::Send)),
    row("*.Response.Write Response.Write Html.Raw *.Html.Raw *.HtmlString .WriteAsync", Call(&XSS, &[AnyRequest(Clean::HTML)])),
    row("Html.Raw *.HtmlString *.MarkupString", Call(&XSS_SINK, &[Is(FIRST, Varying)])),
    row("ValidateRequest ValidateInput", Call(&XSS_SINK, &[Is(FIRST, False)])),
    // Pages that take a form; an interface for programs has no form to forge.
    row(
        "HttpPost *.HttpPost HttpPut HttpDelete HttpPatch",
        MarkedWithout(&CSRF, &["AntiForgeryToken", "AntiforgeryToken", "Antiforgery", "ApiController", "ControllerBase", "FromBody", "IgnoreAntiforgery", "JwtBearer", "IHttpActionResult"]),
    ),
    row("HttpOnly Secure .HttpOnly .Secure", Set(&COOKIE, False)),
    row("RequireDigit RequiredLength RequireNonLetterOrDigit RequireUppercase", Set(&PASSWORD_POLICY, False)),
    row("RequiredLength", Set(&PASSWORD_POLICY, Below(8))),
    row(".UseDeveloperExceptionPage", Call(&DEBUG, &[Without(&["IsDevelopment"])])),
    row(".AllowAnyOrigin", Mention(&CORS)),
    row(".LogInformation .LogError .LogWarning .LogDebug", Call(&LOG_INJECTION, &[AnyRequest(Clean::LINE)])),
    row("*.Path.GetTempFileName", Mention(&TEMP_FILE)),
    row("*.Regex", Call(&REGEX, &[Request(SECOND, Clean::EVERYTHING)])),
    row("ValidateIssuerSigningKey ValidateLifetime ValidateAudience_off RequireSignedTokens", Set(&JWT_UNVERIFIED, False)),
    row(".FullName", SourceWith(Origin::ENTRY, &["ZipArchive", "TarEntry"])),
    row(".ExtractToFile", Call(&ARCHIVE, &[From(Origin::ENTRY, FIRST, Clean::PATH)])),
    row("*.LdapFilterEncode *.LdapDistinguishedNameEncode *.LdapEncode", Cleans(Clean::SQL)),
    row("*.Regex.Escape", Cleans(Clean::EVERYTHING)),
    row("*.HtmlSanitizer().Sanitize *.Sanitizer.GetSafeHtmlFragment *.HtmlEncoder.Default.Encode", Cleans(Clean::HTML)),
];
