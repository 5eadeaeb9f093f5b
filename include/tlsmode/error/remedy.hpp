// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ERROR_REMEDY_HPP
#define TLSMODE_ERROR_REMEDY_HPP

#include <cerrno>
#include <string_view>

#include <openssl/err.h>
#include <openssl/pemerr.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509err.h>

namespace tlsmode::detail {

[[nodiscard]] constexpr std::string_view remedy_for_verify_result(long result) noexcept {
  switch (result) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "connect with a PeerName that the certificate carries, or have one issued for this name";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "the peer signed its own certificate: give Trust that certificate, or have one issued by a CA";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
      return "unknown CA: give Trust the issuer's root, or have the peer send its intermediate certificates";
    case X509_V_ERR_CERT_HAS_EXPIRED: return "the certificate has expired: renew it, and check this machine's clock";
    case X509_V_ERR_CERT_NOT_YET_VALID: return "the certificate is not valid yet: check this machine's clock";
    case X509_V_ERR_INVALID_PURPOSE: return "the certificate was issued for another use: see its extended key usage";
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "unknown CA: the peer sent its own certificate only: have it send its intermediate certificates, too";
    case X509_V_ERR_CERT_REVOKED: return "the issuer has revoked the certificate: have a new one issued";
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_HAS_EXPIRED:
      return "revocation is checked, and there is no current CRL of the issuer: add one to Trust's store()";
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_INVALID_NON_CA:
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
      return "an issuer in the chain is not allowed to issue it: see its basic constraints and key usage";
    case X509_V_ERR_CERT_CHAIN_TOO_LONG:
      return "the chain is longer than the limit: SSL_CTX_set_verify_depth raises it";
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION: return "the name is outside of what its CA may issue: see its name constraints";
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
      return "a key or hash in the chain is too weak for OpenSSL's security level: have it issued with RSA 2048 or "
             "P-256, "
             "and SHA-256";
    default: return {};
  }
}

inline constexpr std::string_view remedy_for_missing_identity =
    "the server asks for a client certificate: give the client's Context an Identity";

[[nodiscard]] constexpr std::string_view remedy_for_ssl_reason(int reason) noexcept {
  switch (reason) {
    case SSL_R_HTTP_REQUEST: return "the peer spoke plain HTTP to this TLS port: it has to use https";
    case SSL_R_HTTPS_PROXY_REQUEST: return "the peer took this TLS port for an HTTP proxy";
    case SSL_R_WRONG_VERSION_NUMBER:
      return "the peer does not speak TLS on this port (plain HTTP, or a service that wants STARTTLS?)";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_UNKNOWN_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
      return "the two sides share no protocol version: compare min_version and max_version of the policies";
    case SSL_R_NO_SHARED_CIPHER:
      return "the two sides share no cipher, or none for our kind of key (RSA, ECDSA): compare their settings";
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:
    case SSL_R_NO_SUITABLE_KEY_SHARE:
    case SSL_R_NO_SUITABLE_GROUPS:
    case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
      return "the two sides share no cipher, group or signature algorithm: compare their settings";
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:  // of TLS 1.2: which of them, its peer alone knows
      return "the two sides share no cipher, group or signature algorithm: compare their settings; or the server asks "
             "for "
             "a client certificate: give the client's Context an Identity";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA: return "the peer does not trust the issuer of our certificate";
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED: return "the peer refused our certificate: its own log says why";
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
      return "the peer refused our certificate: see its kind of key, and its extended key usage";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED: return "our certificate is revoked: have a new one issued";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED: return "our certificate has expired: renew it";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return remedy_for_missing_identity;
    case SSL_R_TLSV1_UNRECOGNIZED_NAME: return "the server does not know the PeerName: it serves other host names";
    case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
    case SSL_R_NO_APPLICATION_PROTOCOL: return "the two sides share no ALPN protocol";
    case SSL_R_EXCESSIVE_MESSAGE_SIZE:
      return "the peer's certificate chain is over the limit of 100 KB: have it send its own certificate and the "
             "intermediates only, or raise the limit with SSL_CTX_set_max_cert_list";
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
    case SSL_R_SSLV3_ALERT_BAD_RECORD_MAC:
      return "the bytes were changed on their way: does something else read or write the same socket?";
    case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED:
      return "the peer knows no secure renegotiation (RFC 5746): update it, or set SSL_OP_LEGACY_SERVER_CONNECT";
    case SSL_R_DH_KEY_TOO_SMALL:
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
    case SSL_R_CA_MD_TOO_WEAK:
      return "a key or hash is too weak for OpenSSL's security level: use RSA 2048 or P-256, and SHA-256";
    default: return {};
  }
}

/// The common remedy for an entry of the error queue; empty if there is none.
[[nodiscard]] inline std::string_view remedy_for_queue_code(unsigned long code) noexcept {
  const int reason = ERR_GET_REASON(code);
  switch (ERR_GET_LIB(code)) {
    case ERR_LIB_SSL: return remedy_for_ssl_reason(reason);
    case ERR_LIB_X509:
      return reason == X509_R_KEY_VALUES_MISMATCH ? "the private key belongs to another certificate" : "";
    case ERR_LIB_PEM: return reason == PEM_R_NO_START_LINE ? "there is no PEM block of the right kind in it" : "";
    default: return {};
  }
}

[[nodiscard]] constexpr std::string_view remedy_for_system_error(int number) noexcept {
  switch (number) {
    case EPIPE:
    case ECONNRESET: return "the peer is gone: it closed or reset the connection";
    case ENOTCONN:
      return "the socket is not connected: connect(2) it first and see that it succeeded (SO_ERROR, if non-blocking); "
             "of "
             "one that listens, give what accept(2) returned";
    case ECONNREFUSED: return "nothing accepts connections at this address and port: see that the server runs";
    case ETIMEDOUT: return "the peer does not answer: see the address, the network and its firewalls";
    case EHOSTUNREACH:
    case ENETUNREACH: return "there is no way to this address: see the address and the network";
    case EBADF: return "the descriptor was closed while it was in use: by whom else is it owned?";
    case EMFILE:
    case ENFILE: return "no descriptors left: raise the limit or close some";
    case EACCES: return "this process may not open it: see the owner and the mode of the file, and of its directories";
    case ENOENT: return "there is no such file: a relative path begins at the working directory";
    default: return {};
  }
}

/// A want of descriptors, memory or rights that OpenSSL met while it looked something up; 0 if the entry is none.
/// It explains the failures that follow from it: an issuer that is not found, for one.
[[nodiscard]] inline int want_behind(unsigned long code) noexcept {
  const int number = ERR_GET_REASON(code);
  const bool is_want = number == EMFILE || number == ENFILE || number == ENOMEM || number == EACCES;
  return ERR_SYSTEM_ERROR(code) && is_want ? number : 0;
}

}  // namespace tlsmode::detail

#endif
