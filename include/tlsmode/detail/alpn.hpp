// SPDX-License-Identifier: MIT
#ifndef TLSMODE_DETAIL_ALPN_HPP
#define TLSMODE_DETAIL_ALPN_HPP

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <string_view>

#include <openssl/ssl.h>

#include <tlsmode/error.hpp>

namespace tlsmode::detail {

/// A list of ALPN protocols as it goes over the wire: each name behind one byte with its length (RFC 7301).
class AlpnList {
 public:
  /// Errors: throws Error for an empty list, an empty name, a name over 255 bytes, or a list over 1024 bytes.
  explicit AlpnList(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
      require(!name.empty() && name.size() <= 255, "an ALPN name has 1 to 255 bytes, unlike", name);
      require(size_ + 1 + name.size() <= sizeof wire_, "the ALPN names take more than 1024 bytes, at", name);
      wire_[size_] = static_cast<unsigned char>(name.size());
      std::memcpy(wire_ + size_ + 1, name.data(), name.size());
      size_ += 1 + name.size();
    }
    require(size_ != 0, "the list of ALPN names is empty", {});
  }

  [[nodiscard]] const unsigned char* data() const noexcept { return wire_; }
  [[nodiscard]] unsigned size() const noexcept { return static_cast<unsigned>(size_); }

 private:
  static void require(bool holds, std::string_view message, std::string_view name) {
    if (!holds) {
      throw Error{
          {.kind = ErrorKind::input, .operation = Operation::configure_context, .message = message, .subject = name}};
    }
  }

  unsigned char wire_[1024];
  std::size_t size_ = 0;
};

/// The server's list lives as long as its SSL_CTX does, whoever owns that: as extra data, freed by OpenSSL.
inline void free_alpn_list(void*, void* list, CRYPTO_EX_DATA*, int, long, void*) noexcept {
  delete static_cast<AlpnList*>(list);
}
[[nodiscard]] inline int alpn_index() noexcept {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &free_alpn_list);
  return index;
}

/// Picks the first of the server's protocols that the client offers; refuses the handshake if there is none.
inline int select_alpn(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
                       unsigned offered_size, void* list) noexcept {
  const auto& ours = *static_cast<const AlpnList*>(list);
  unsigned char* found = nullptr;
  if (::SSL_select_next_proto(&found, chosen_size, ours.data(), ours.size(), offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

/// Makes clients of `context` offer `list`, and servers choose from it. Returns: false if there is no memory.
[[nodiscard]] inline bool apply_alpn(SSL_CTX* context, const AlpnList& list, bool server) noexcept {
  if (!server) {
    return ::SSL_CTX_set_alpn_protos(context, list.data(), list.size()) == 0;
  }
  auto* const kept = new (std::nothrow) AlpnList{list};
  delete static_cast<AlpnList*>(::SSL_CTX_get_ex_data(context, alpn_index()));
  if (kept == nullptr || ::SSL_CTX_set_ex_data(context, alpn_index(), kept) != 1) {
    delete kept;
    ::SSL_CTX_set_alpn_select_cb(context, nullptr, nullptr);
    return false;
  }
  ::SSL_CTX_set_alpn_select_cb(context, &select_alpn, kept);
  return true;
}

}  // namespace tlsmode::detail

#endif
