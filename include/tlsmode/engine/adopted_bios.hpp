// SPDX-License-Identifier: MIT
#ifndef TLSMODE_ENGINE_ADOPTED_BIOS_HPP
#define TLSMODE_ENGINE_ADOPTED_BIOS_HPP

#include <openssl/bio.h>
#include <openssl/ssl.h>

namespace tlsmode::engine {

[[nodiscard]] inline bool contains(BIO* chain, const BIO* bio) noexcept {
  while (chain != nullptr && chain != bio) {
    chain = ::BIO_next(chain);
  }
  return chain == bio;
}

/// Whether a BIO in the chain of `bio` closes a descriptor when it is freed. One that closes `ours` is told not to: it
/// is the transport that says who closes that one.
[[nodiscard]] inline bool closes_a_descriptor(BIO* bio, int ours) noexcept {
  bool closes = false;
  for (; bio != nullptr; bio = ::BIO_next(bio)) {
    if ((::BIO_method_type(bio) & BIO_TYPE_DESCRIPTOR) != 0 && BIO_get_close(bio) == BIO_CLOSE) {
      if (ours >= 0 && BIO_get_fd(bio, nullptr) == ours) {
        static_cast<void>(BIO_set_close(bio, BIO_NOCLOSE));
      } else {
        closes = true;
      }
    }
  }
  return closes;
}

/// Keeps the BIOs that an adopted SSL has, and that close a descriptor, behind `bio`, which is about to take their place:
/// freeing them now would close the descriptor under the transport. They are freed with the SSL, and close it then.
/// A BIO that closes `ours`, the transport's own descriptor, does not do so any more: who closes it is the transport's.
/// Requires: `bio` has no chain of its own. Wraps: BIO_push(3), BIO_set_close(3).
inline void keep_descriptors(SSL* ssl, BIO* bio, int ours) noexcept {
  BIO* const reader = ::SSL_get_rbio(ssl);
  BIO* const writer = ::SSL_get_wbio(ssl);
  const bool keep_reader = closes_a_descriptor(reader, ours);
  const bool keep_writer = !contains(reader, writer) && closes_a_descriptor(writer, ours);
  if (keep_reader) {
    ::BIO_up_ref(reader);
    ::BIO_push(bio, reader);
  }
  if (keep_writer) {
    ::BIO_up_ref(writer);
    ::BIO_push(bio, writer);
  }
}

}  // namespace tlsmode::engine

#endif
