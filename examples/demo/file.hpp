// SPDX-License-Identifier: MIT
#ifndef TLSMODE_EXAMPLES_DEMO_FILE_HPP
#define TLSMODE_EXAMPLES_DEMO_FILE_HPP

// What is sent: a file, and its SHA-256.

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <link.h>
#include <sys/stat.h>

#include <openssl/evp.h>

namespace demo {

/// Where the libcrypto of this process was loaded from: megabytes of real binary that every user of OpenSSL has.
[[nodiscard]] inline std::string libcrypto_path() {
  std::string path;
  const auto look = [](::dl_phdr_info* library, std::size_t, void* found) {
    const std::string_view name = library->dlpi_name;
    if (name.find("/libcrypto") == std::string_view::npos) {
      return 0;
    }
    *static_cast<std::string*>(found) = name;
    return 1;
  };
  ::dl_iterate_phdr(look, &path);
  if (path.empty()) {
    throw std::runtime_error{"libcrypto was linked in statically, so there is no default; name a FILE to send"};
  }
  return path;
}

/// Errors: throws std::runtime_error with the path and the reason.
[[nodiscard]] inline std::vector<std::byte> read_file(const std::string& path) {
  const auto refuse = [&](const std::string& reason) {
    throw std::runtime_error{"cannot read " + path + ": " + reason};
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file{std::fopen(path.c_str(), "rb"), &std::fclose};
  struct ::stat status{};
  if (!file || ::fstat(::fileno(file.get()), &status) != 0) {
    refuse(std::strerror(errno));
  }
  if (!S_ISREG(status.st_mode)) {
    refuse(S_ISDIR(status.st_mode) ? "it is a directory" : "it is no regular file");
  }
  std::vector<std::byte> content(static_cast<std::size_t>(status.st_size));
  const std::size_t got = content.empty() ? 0 : std::fread(content.data(), 1, content.size(), file.get());
  if (got != content.size()) {
    refuse(std::ferror(file.get()) != 0 ? std::strerror(errno) : "it got shorter meanwhile");
  }
  return content;
}

/// SHA-256 of bytes that come in pieces.
class Sha256 {
 public:
  using Digest = std::array<unsigned char, 32>;

  Sha256() { check(context_ && ::EVP_DigestInit_ex(context_.get(), ::EVP_sha256(), nullptr) == 1); }
  void add(std::span<const std::byte> bytes) {
    check(::EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
  }
  [[nodiscard]] Digest finish() {
    Digest digest{};
    check(::EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1);
    return digest;
  }

 private:
  static void check(bool worked) {
    if (!worked) {
      throw std::runtime_error{"OpenSSL offers no SHA-256"};
    }
  }
  std::unique_ptr<::EVP_MD_CTX, void (*)(::EVP_MD_CTX*)> context_{::EVP_MD_CTX_new(), &::EVP_MD_CTX_free};
};

[[nodiscard]] inline Sha256::Digest sha256_of(std::span<const std::byte> bytes) {
  Sha256 sha256;
  sha256.add(bytes);
  return sha256.finish();
}

}  // namespace demo

#endif
