// SPDX-License-Identifier: MIT
#ifndef TLSMODE_DETAIL_TRUST_DIGEST_HPP
#define TLSMODE_DETAIL_TRUST_DIGEST_HPP

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <tlsmode/detail/handle.hpp>

namespace tlsmode::detail {

/// A SHA-256. A failure, for want of memory, shows at the end: there is no digest then.
inline constexpr std::size_t sha256_size = 32;
struct Sha256 {
  unsigned char bytes[sha256_size] = {};
};

/// Gathers what a digest is made of. Everything goes in with its length, so that no two lists look alike.
class Hasher {
 public:
  Hasher() noexcept
      : context_{::EVP_MD_CTX_new()},
        is_good_{context_ && ::EVP_DigestInit_ex(context_.get(), ::EVP_sha256(), nullptr) == 1} {}

  void add_number(std::uint64_t number) noexcept {
    unsigned char bytes[8];
    for (unsigned char& byte : bytes) {
      byte = static_cast<unsigned char>(number & 0xFFU);
      number >>= 8U;
    }
    update(bytes, sizeof bytes);
  }
  void add_bytes(const void* bytes, std::size_t size) noexcept {
    add_number(size);
    update(bytes, size);
  }
  void add_text(std::string_view text) noexcept { add_bytes(text.data(), text.size()); }
  void fail() noexcept { is_good_ = false; }

  /// Returns: whether `into` has the digest.
  [[nodiscard]] bool finish(Sha256& into) noexcept {
    return is_good_ && ::EVP_DigestFinal_ex(context_.get(), into.bytes, nullptr) == 1;
  }

 private:
  void update(const void* bytes, std::size_t size) noexcept {
    is_good_ = is_good_ && ::EVP_DigestUpdate(context_.get(), bytes, size) == 1;
  }

  Handle<&::EVP_MD_CTX_free> context_;
  bool is_good_;
};

inline void free_memory(unsigned char* memory) noexcept { ::OPENSSL_free(memory); }

/// The digest of one root or CRL, behind a byte that says which it is.
inline constexpr std::size_t store_entry_size = 1 + sha256_size;

[[nodiscard]] inline bool digest_object(const X509_OBJECT* object, unsigned char* entry) noexcept {
  if (X509* const certificate = ::X509_OBJECT_get0_X509(object); certificate != nullptr) {
    entry[0] = 1;
    return ::X509_digest(certificate, ::EVP_sha256(), entry + 1, nullptr) == 1;
  }
  X509_CRL* const list = ::X509_OBJECT_get0_X509_CRL(const_cast<X509_OBJECT*>(object));
  entry[0] = 2;
  return list != nullptr && ::X509_CRL_digest(list, ::EVP_sha256(), entry + 1, nullptr) == 1;
}

[[nodiscard]] inline int compare_store_entries(const void* a, const void* b) noexcept {
  return std::memcmp(a, b, store_entry_size);
}

/// Adds the rules of a verification, as far as they can be read: flags, depth, level of security, and the names.
inline void add_rules(Hasher& hasher, X509_VERIFY_PARAM* rules) noexcept {
  hasher.add_number(::X509_VERIFY_PARAM_get_flags(rules));
  hasher.add_number(static_cast<std::uint64_t>(::X509_VERIFY_PARAM_get_depth(rules)));
  hasher.add_number(static_cast<std::uint64_t>(::X509_VERIFY_PARAM_get_auth_level(rules)));
  hasher.add_number(::X509_VERIFY_PARAM_get_inh_flags(rules));
  hasher.add_number(::X509_VERIFY_PARAM_get_hostflags(rules));
  for (int i = 0; const char* const host = ::X509_VERIFY_PARAM_get0_host(rules, i); ++i) {
    hasher.add_text(host);
  }
}

/// Adds the certificates and CRLs that `store` has now, in whatever order they were given, and its rules.
inline void add_store(Hasher& hasher, X509_STORE* store) noexcept {
  if (::X509_STORE_lock(store) != 1) {
    hasher.fail();
    return;
  }
  const STACK_OF(X509_OBJECT)* const objects = ::X509_STORE_get0_objects(store);
  const int count = sk_X509_OBJECT_num(objects);
  const std::size_t size = static_cast<std::size_t>(count > 0 ? count : 0) * store_entry_size;
  const Handle<&free_memory> entries{static_cast<unsigned char*>(::OPENSSL_zalloc(size + 1))};
  bool all = static_cast<bool>(entries);
  for (int i = 0; all && i < count; ++i) {
    all =
        digest_object(sk_X509_OBJECT_value(objects, i), entries.get() + static_cast<std::size_t>(i) * store_entry_size);
  }
  ::X509_STORE_unlock(store);
  if (!all) {
    hasher.fail();
    return;
  }
  std::qsort(entries.get(), size / store_entry_size, store_entry_size, &compare_store_entries);
  hasher.add_bytes(entries.get(), size);
  add_rules(hasher, ::X509_STORE_get0_param(store));
}

/// Adds every certificate that `context` shows, one for each kind of key. Leaves the current one current.
inline void add_identity(Hasher& hasher, SSL_CTX* context) noexcept {
  X509* const current = ::SSL_CTX_get0_certificate(context);
  for (long next = SSL_CERT_SET_FIRST; SSL_CTX_set_current_cert(context, next) == 1; next = SSL_CERT_SET_NEXT) {
    unsigned char digest[sha256_size];
    if (::X509_digest(::SSL_CTX_get0_certificate(context), ::EVP_sha256(), digest, nullptr) != 1) {
      hasher.fail();
    }
    hasher.add_bytes(digest, sizeof digest);
  }
  if (current != nullptr) {
    SSL_CTX_select_current_cert(context, current);
  }
}

/// Adds whom `context` trusts, how it verifies, and who it is. A callback is code, which has no digest that holds in
/// another process: with one, sessions stay in this process.
inline void add_context(Hasher& hasher, SSL_CTX* context) noexcept {
  X509_STORE* verifies_with = nullptr;
  SSL_CTX_get0_verify_cert_store(context, &verifies_with);
  add_store(hasher, verifies_with != nullptr ? verifies_with : ::SSL_CTX_get_cert_store(context));
  add_rules(hasher, ::SSL_CTX_get0_param(context));
  hasher.add_number(static_cast<std::uint64_t>(::SSL_CTX_get_verify_mode(context)));
  hasher.add_number(static_cast<std::uint64_t>(::SSL_CTX_get_security_level(context)));
  hasher.add_number(reinterpret_cast<std::uintptr_t>(::SSL_CTX_get_verify_callback(context)));
  add_identity(hasher, context);
}

/// A session id context that is a digest: OpenSSL resumes a session only where it is the same one. The first eight bytes
/// say that it is one of these, the others are of the SHA-256. Of a context that was adopted not everything can be read
/// (directories, callbacks of the whole verification): its digests are of another kind, and prove less.
inline constexpr std::size_t session_id_context_size = SSL_MAX_SID_CTX_LENGTH;
inline constexpr std::string_view whole_digest = "tlsmode1";
inline constexpr std::string_view partial_digest = "tlsmode0";
static_assert(session_id_context_size == 32 && whole_digest.size() == 8 && partial_digest.size() == 8);

/// Returns: false for want of memory. Wraps: SSL_CTX_set_session_id_context(3).
[[nodiscard]] inline bool set_session_id_context(SSL_CTX* context, std::string_view kind, Hasher& hasher) noexcept {
  Sha256 digest;
  if (!hasher.finish(digest)) {
    return false;
  }
  unsigned char name[session_id_context_size];
  std::memcpy(name, kind.data(), kind.size());
  std::memcpy(name + kind.size(), digest.bytes, sizeof name - kind.size());
  return ::SSL_CTX_set_session_id_context(context, name, sizeof name) == 1;
}

/// Whether `session` was made under a digest of all that was to be known. That it is the digest of the context which
/// resumes it, OpenSSL has seen to.
[[nodiscard]] inline bool has_whole_digest(const SSL_SESSION* session) noexcept {
  unsigned size = 0;
  const unsigned char* const name = ::SSL_SESSION_get0_id_context(session, &size);
  return size == session_id_context_size && std::memcmp(name, whole_digest.data(), whole_digest.size()) == 0;
}

}  // namespace tlsmode::detail

#endif
