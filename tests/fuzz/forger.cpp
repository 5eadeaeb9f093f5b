// SPDX-License-Identifier: MIT
#include "fuzz/forger.hpp"

#include <memory>
#include <utility>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "fuzz/fuzz.hpp"
#include "fuzz/raw_ssl.hpp"
#include "support/certificates.hpp"

namespace tlsmode_tests {
namespace {

[[nodiscard]] const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

[[nodiscard]] std::string hmac(std::string_view key, std::string_view data) {
  unsigned char digest[32];
  unsigned size = 0;
  require(::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(data), data.size(), digest,
                 &size) != nullptr,
          "HMAC");
  return {reinterpret_cast<const char*>(digest), size};
}

/// HKDF-Expand-Label of TLS 1.3 (RFC 8446, 7.1) with no context, for at most one digest.
[[nodiscard]] std::string expand_label(std::string_view secret, std::string_view label, std::size_t size) {
  std::string info{'\0', static_cast<char>(size), static_cast<char>(6 + label.size())};
  info.append("tls13 ").append(label).append({'\0', '\1'});
  return hmac(secret, info).substr(0, size);
}

/// The PRF of TLS 1.2 (RFC 5246, 5).
[[nodiscard]] std::string prf(std::string_view secret, const std::string& seed, std::size_t size) {
  std::string result;
  for (std::string a = hmac(secret, seed); result.size() < size; a = hmac(secret, a)) result += hmac(secret, a + seed);
  return result.substr(0, size);
}

void append_number(std::string& text, std::uint64_t number, unsigned size) {
  while (size-- != 0) text.push_back(static_cast<char>(number >> 8U * size));
}

/// AES-128-GCM; the tag comes last.
[[nodiscard]] std::string seal(std::string_view key, std::string_view nonce, std::string_view header,
                               std::string_view plain) {
  using CipherHandle = std::unique_ptr<::EVP_CIPHER_CTX, FreeWith<&::EVP_CIPHER_CTX_free>>;
  static const CipherHandle cipher{::EVP_CIPHER_CTX_new()};
  std::string sealed(plain.size() + 16, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(sealed.data());
  int size = 0;
  require(
      ::EVP_EncryptInit_ex(cipher.get(), ::EVP_aes_128_gcm(), nullptr, bytes_of(key), bytes_of(nonce)) == 1 &&
          ::EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes_of(header), static_cast<int>(header.size())) == 1 &&
          ::EVP_EncryptUpdate(cipher.get(), out, &size, bytes_of(plain), static_cast<int>(plain.size())) == 1 &&
          ::EVP_EncryptFinal_ex(cipher.get(), out + plain.size(), &size) == 1 &&
          ::EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_AEAD_GET_TAG, 16, out + plain.size()) == 1,
      "AES-128-GCM");
  return sealed;
}

}  // namespace

Forger::Forger(::SSL* ssl) : is_tls13_{::SSL_version(ssl) == TLS1_3_VERSION}, sequence_{is_tls13_ ? 0U : 1U} {
  if (is_tls13_) {
    use_secret(sending_secret(ssl));
    return;
  }
  unsigned char random[32];
  const auto text = [&random] { return std::string{reinterpret_cast<const char*>(random), sizeof random}; };
  ::SSL_get_server_random(ssl, random, sizeof random);
  std::string seed = "key expansion" + text();
  ::SSL_get_client_random(ssl, random, sizeof random);
  seed += text();
  unsigned char master[48];
  ::SSL_SESSION_get_master_key(::SSL_get_session(ssl), master, sizeof master);
  const std::string block = prf({reinterpret_cast<const char*>(master), sizeof master}, seed, 40);
  const std::size_t side = ::SSL_is_server(ssl) == 1 ? 1 : 0;
  key_ = block.substr(16 * side, 16);
  iv_ = block.substr(32 + 4 * side, 4);
}

void Forger::use_secret(std::string secret) {
  secret_ = std::move(secret);
  key_ = expand_label(secret_, "key", 16);
  iv_ = expand_label(secret_, "iv", 12);
  sequence_ = 0;
}

std::string Forger::record(unsigned type, std::string_view content, std::size_t padding) {
  std::string number;
  append_number(number, sequence_++, 8);
  std::string plain{content};
  std::string nonce = iv_ + number;
  std::string header;
  if (is_tls13_) {
    plain.push_back(static_cast<char>(type));
    plain.append(padding, '\0');
    nonce = iv_;
    for (std::size_t i = 0; i != number.size(); ++i) nonce[4 + i] = static_cast<char>(nonce[4 + i] ^ number[i]);
    header = "\x17\x03\x03";
    append_number(header, plain.size() + 16, 2);
    return header + seal(key_, nonce, header, plain);
  }
  const std::string start{static_cast<char>(type), '\3', '\3'};
  header = number + start;
  append_number(header, plain.size(), 2);
  std::string travels = start;
  append_number(travels, plain.size() + 24, 2);
  return travels + number + seal(key_, nonce, header, plain);
}

std::string Forger::key_update(bool ask) {
  std::string message{'\x18', '\0', '\0', '\1', ask ? '\1' : '\0'};
  std::string made = record(SSL3_RT_HANDSHAKE, message);
  use_secret(expand_label(secret_, "traffic upd", 32));
  return made;
}

}  // namespace tlsmode_tests
