// SPDX-License-Identifier: MIT
#ifndef TLSMODE_DETAIL_PEM_LOOK_HPP
#define TLSMODE_DETAIL_PEM_LOOK_HPP

#include <cstddef>
#include <string_view>

namespace tlsmode::detail {

enum class PemWanted { certificate, private_key };

/// What is there instead of what was wanted, and the cure. Both empty: nothing that is known by its look.
struct PemFinding {
  std::string_view what{};  // "a …", a whole phrase
  std::string_view remedy{};
};

/// What a PEM block is called, in words.
[[nodiscard]] constexpr PemFinding look_at_label(std::string_view label, PemWanted wanted) noexcept {
  const bool wants_key = wanted == PemWanted::private_key;
  if (label == "CERTIFICATE" || label == "X509 CERTIFICATE") {
    return wants_key ? PemFinding{"a certificate", "the chain comes first, then the key: are they swapped?"}
                     : PemFinding{};
  }
  if (label == "OPENSSH PRIVATE KEY") {
    return {"a private key of OpenSSH", "TLS keys are PKCS#8: convert a copy with ssh-keygen -p -m PKCS8 -f COPY"};
  }
  if (label.ends_with("PRIVATE KEY")) {
    return wants_key ? PemFinding{}
                     : PemFinding{"a private key", "the chain comes first, then the key; Trust takes no keys"};
  }
  if (label == "TRUSTED CERTIFICATE") {
    return {"a certificate with OpenSSL's trust settings", "leave them out: openssl x509 -in FILE -out FILE.pem"};
  }
  if (label.ends_with("CERTIFICATE REQUEST")) {
    return {"a certificate request",
            "a CA makes a certificate from it: give that, and the key the request was made with"};
  }
  if (label.ends_with("PUBLIC KEY")) {
    return {"a public key", wants_key ? "give the private key that it was made from" : "give the certificate with it"};
  }
  if (label.ends_with("PARAMETERS")) {
    return {"parameters only", "give the block behind them, too: the whole file as it was made"};
  }
  if (label == "PKCS7" || label == "CMS") {
    return {"a PKCS#7 bundle", "take its certificates out: openssl pkcs7 -in FILE -print_certs -out FILE.pem"};
  }
  if (label == "X509 CRL") {
    return {"a revocation list", "add it through Trust's store(); its issuer's certificate goes here"};
  }
  return {"another kind of PEM block", wants_key ? "it has to contain -----BEGIN PRIVATE KEY----- or its kin"
                                                 : "it has to contain -----BEGIN CERTIFICATE-----"};
}

/// Binary forms: they begin with a SEQUENCE of DER, or with the mark of Java's keystores.
[[nodiscard]] constexpr PemFinding look_at_binary(std::string_view head, PemWanted wanted) noexcept {
  constexpr std::string_view java = "\xfe\xed\xfe\xed";
  constexpr std::string_view pkcs12 = "\x02\x01\x03\x30";
  constexpr std::string_view pkcs7 = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07";
  if (head.starts_with(java)) {
    return {"a Java keystore",
            "keytool -importkeystore … -deststoretype PKCS12, then openssl pkcs12 -in FILE -out FILE.pem"};
  }
  const bool is_sequence = head.size() > 4 && head[0] == '\x30' && static_cast<unsigned char>(head[1]) >= 0x80;
  if (!is_sequence) {
    return {};
  }
  const auto length_bytes = static_cast<std::size_t>(static_cast<unsigned char>(head[1]) & 0x7fU);
  const std::string_view inside = head.substr(2 + length_bytes < head.size() ? 2 + length_bytes : head.size());
  if (inside.starts_with(pkcs12)) {
    return {"a PKCS#12 file (.p12, .pfx), not PEM", "convert it: openssl pkcs12 -in FILE -out FILE.pem"};
  }
  if (inside.starts_with(pkcs7)) {
    return {"a PKCS#7 file (.p7b), not PEM",
            "convert it: openssl pkcs7 -inform DER -in FILE -print_certs -out FILE.pem"};
  }
  return wanted == PemWanted::private_key
             ? PemFinding{"DER (binary), not PEM", "convert it: openssl pkey -inform DER -in FILE -out FILE.pem"}
             : PemFinding{"DER (binary), not PEM", "convert it: openssl x509 -inform DER -in FILE -out FILE.pem"};
}

/// Texts without a BEGIN line.
[[nodiscard]] constexpr PemFinding look_at_text(std::string_view head) noexcept {
  const std::string_view utf16[] = {"\xff\xfe", "\xfe\xff", {"-\0-\0", 4}, {"\0-\0-", 4}};
  for (const std::string_view mark : utf16) {
    if (head.starts_with(mark)) {
      return {"UTF-16 text", "save it as ASCII or UTF-8: iconv -f UTF-16 -t UTF-8 FILE"};
    }
  }
  if (head.starts_with("LS0tLS1CRUdJTi")) {
    return {"PEM encoded in base64 once more", "decode it first: base64 -d FILE"};
  }
  if (head.starts_with("MII")) {
    return {"base64 without its BEGIN and END lines", "put the lines -----BEGIN …----- and -----END …----- around it"};
  }
  if (head.starts_with("ssh-") || head.starts_with("ecdsa-sha2-") || head.starts_with("---- BEGIN SSH2")) {
    return {"a public key of SSH",
            "TLS needs a certificate and its private key: SSH keys have no certificates of X.509"};
  }
  if (head.starts_with("PuTTY-User-Key-File")) {
    return {"a key of PuTTY", "convert it: puttygen FILE -O private-openssl -o FILE.pem"};
  }
  const bool is_one_line = head.size() < 4096 && head.find('\n') == std::string_view::npos;
  if (is_one_line && (head.starts_with('/') || head.starts_with("./") || head.starts_with("../") ||
                      head.ends_with(".pem") || head.ends_with(".crt") || head.ends_with(".key"))) {
    return {"a path", "Identity::from_pem_files(…) and Trust::file(…) take paths"};
  }
  return {};
}

/// What `head`, the beginning of a file or text without a usable PEM block, is by its look.
[[nodiscard]] constexpr PemFinding look_at_pem(std::string_view head, PemWanted wanted) noexcept {
  constexpr std::string_view begin = "-----BEGIN ";
  constexpr std::string_view dashes = "-----";
  if (head.empty()) {
    return {"empty", "see whether the right file was given, and whether it was written to its end"};
  }
  if (const PemFinding binary = look_at_binary(head, wanted); !binary.what.empty()) {
    return binary;
  }
  const std::size_t at = head.find(begin);
  if (at == std::string_view::npos) {
    return look_at_text(head);
  }
  if (at != 0 && head[at - 1] != '\n') {
    return {"PEM whose BEGIN is not at the start of a line", "remove what is before the dashes (spaces, quotes)"};
  }
  const std::string_view rest = head.substr(at + begin.size());
  const std::size_t end = rest.find(dashes);
  if (end == std::string_view::npos) {
    return {};
  }
  const std::string_view behind = rest.substr(end + dashes.size());
  if (behind.starts_with("\\n") || behind.starts_with("\\r")) {
    return {"PEM whose line breaks are a backslash and an n", "put line breaks in their place"};
  }
  const std::size_t text = behind.find_first_not_of(" \t");
  const std::string_view next = behind.substr(text != std::string_view::npos ? text : behind.size());
  if (!next.empty() && !next.starts_with('\n') && !next.starts_with("\r\n")) {
    return {"PEM without its line breaks", "keep the file as it was made: each line of base64 on a line of its own"};
  }
  return look_at_label(rest.substr(0, end), wanted);
}

}  // namespace tlsmode::detail

#endif
