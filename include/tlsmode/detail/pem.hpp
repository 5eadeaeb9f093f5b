// SPDX-License-Identifier: MIT
#ifndef TLSMODE_DETAIL_PEM_HPP
#define TLSMODE_DETAIL_PEM_HPP

#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstring>
#include <string_view>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <tlsmode/detail/c_text.hpp>
#include <tlsmode/detail/descriptor.hpp>
#include <tlsmode/detail/handle.hpp>
#include <tlsmode/detail/pem_look.hpp>
#include <tlsmode/error.hpp>

namespace tlsmode::detail {

inline void free_certificates(STACK_OF(X509) * certificates) noexcept { sk_X509_pop_free(certificates, ::X509_free); }

using BioHandle = Handle<&::BIO_free_all>;
using Certificate = Handle<&::X509_free>;
using Certificates = Handle<&free_certificates>;
using PrivateKey = Handle<&::EVP_PKEY_free>;

/// A PEM source and what to call it in errors.
struct PemSource {
  BioHandle bio;
  Operation operation;
  std::string_view subject;  // the path; empty for text

  [[noreturn]] void refuse(std::string_view message, std::string_view remedy = {}) const {
    throw Error{
        {.kind = ErrorKind::input, .operation = operation, .message = message, .subject = subject, .remedy = remedy}};
  }

  /// Refuses it for what it is instead, if that can be seen from its beginning; else with `message`.
  [[noreturn]] void refuse_by_look(PemWanted wanted, std::string_view message, std::string_view remedy = {}) const {
    char head[16 * 1024];
    const bool rewound = BIO_reset(bio.get()) >= 0;  // not of a pipe
    const int size = rewound ? ::BIO_read(bio.get(), head, sizeof head) : -1;
    const bool is_readable = rewound && (size > 0 || BIO_eof(bio.get()) != 0);
    const PemFinding found =
        is_readable ? look_at_pem({head, static_cast<std::size_t>(size > 0 ? size : 0)}, wanted) : PemFinding{};
    if (found.what.empty()) {
      refuse(message, remedy);
    }
    TextBuilder text;
    text << "this is " << found.what << ", and "
         << (wanted == PemWanted::certificate ? "a certificate" : "a private key") << " in PEM is expected";
    refuse(text.view(), found.remedy);
  }
};

/// Opens a file that has to exist and be a regular one. Errors: throws Error with the path and errno.
template <Operation Doing>
[[nodiscard]] PemSource open_pem_file(const CText<Doing>& path) {
  ::ERR_clear_error();
  if (open_directory_error(path.c_str()) == 0) {
    throw Error{{.kind = ErrorKind::input,
                 .operation = Doing,
                 .message = "a file is expected, and this is a directory",
                 .subject = path.view()}};
  }
  errno = 0;
  BioHandle bio{::BIO_new_file(path.c_str(), "r")};
  const int reason = errno;
  if (!bio) {
    throw Error{{.kind = ErrorKind::system,
                 .operation = Doing,
                 .message = "cannot open the file",
                 .subject = path.view(),
                 .system_error = reason}};
  }
  return {std::move(bio), Doing, path.view()};
}

/// Reads from memory. Lifetime: `text` has to outlive the source.
[[nodiscard]] inline PemSource open_pem_text(std::string_view text, Operation operation) {
  ::ERR_clear_error();
  if (text.empty() || text.size() > INT_MAX) {
    throw Error{{.kind = ErrorKind::input,
                 .operation = operation,
                 .message = text.empty() ? "the PEM text is empty" : "the PEM text is larger than 2 GB"}};
  }
  BioHandle bio{::BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))};
  if (!bio) {
    throw Error{{.kind = ErrorKind::out_of_memory, .operation = operation}};
  }
  return {std::move(bio), operation, {}};
}

/// OpenSSL's question for a passphrase: answered with the one given, never asked at a terminal.
inline int give_passphrase(char* to, int size, int, void* passphrase) noexcept {
  const auto& text = *static_cast<const std::string_view*>(passphrase);
  if (text.empty() || text.size() > static_cast<std::size_t>(size)) {
    return -1;
  }
  std::memcpy(to, text.data(), text.size());
  return static_cast<int>(text.size());
}

/// Reads every certificate of a source, in order. Errors: throws Error if there is none, or if one is broken.
[[nodiscard]] inline Certificates read_certificates(const PemSource& source) {
  Certificates all{sk_X509_new_null()};
  std::string_view no_passphrase;
  while (true) {
    Certificate one{::PEM_read_bio_X509(source.bio.get(), nullptr, &give_passphrase, &no_passphrase)};
    if (!one) {
      break;
    }
    if (sk_X509_push(all.get(), one.get()) <= 0) {
      source.refuse("cannot keep the certificate");
    }
    static_cast<void>(one.release());
  }
  const unsigned long last = ::ERR_peek_last_error();
  const bool at_end = ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
  if (sk_X509_num(all.get()) <= 0) {
    source.refuse_by_look(PemWanted::certificate,
                          at_end ? "there is no certificate in this PEM" : "cannot read the certificate in this PEM",
                          at_end ? "it has to contain -----BEGIN CERTIFICATE-----" : "");
  }
  if (!at_end) {
    TextBuilder text;
    text << "certificate " << static_cast<unsigned>(sk_X509_num(all.get()) + 1) << " in this PEM is broken";
    source.refuse(text.view(), "see whether the file is complete: each block ends in its END line");
  }
  ::ERR_clear_error();
  return all;
}

/// Reads the private key of a source. Errors: throws Error; says so if it is encrypted and the passphrase is missing
/// or wrong.
[[nodiscard]] inline PrivateKey read_private_key(const PemSource& source, std::string_view passphrase) {
  PrivateKey key{::PEM_read_bio_PrivateKey(source.bio.get(), nullptr, &give_passphrase, &passphrase)};
  if (!key) {
    const unsigned long first = ::ERR_peek_error();
    const unsigned long last = ::ERR_peek_last_error();
    const auto is_pem = [](unsigned long code, int reason) {
      return ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == reason;
    };
    if (passphrase.empty() && (is_pem(first, PEM_R_BAD_PASSWORD_READ) || is_pem(last, PEM_R_BAD_PASSWORD_READ) ||
                               ERR_GET_REASON(last) == ERR_R_INTERRUPTED_OR_CANCELLED)) {
      source.refuse("the private key is encrypted, and no passphrase was given",
                    "give the passphrase as last argument");
    }
    const bool found_nothing = first == last && ERR_GET_LIB(last) == ERR_LIB_OSSL_DECODER;
    if (found_nothing || is_pem(last, PEM_R_NO_START_LINE)) {
      source.refuse_by_look(PemWanted::private_key, "there is no complete private key in this PEM",
                            "it has to contain -----BEGIN PRIVATE KEY----- or its kin, and all up to the END");
    }
    source.refuse_by_look(PemWanted::private_key,
                          passphrase.empty() ? "cannot read the private key"
                                             : "cannot read the private key: it is broken, or the passphrase is wrong");
  }
  ::ERR_clear_error();
  return key;
}

}  // namespace tlsmode::detail

#endif
