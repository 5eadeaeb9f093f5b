// SPDX-License-Identifier: MIT
#ifndef TLSMODE_NATIVE_BIO_HPP
#define TLSMODE_NATIVE_BIO_HPP

#include <cerrno>
#include <cstddef>
#include <span>
#include <type_traits>

#include <fcntl.h>

#include <openssl/bio.h>
#include <openssl/ssl.h>

#include <tlsmode/detail/handle.hpp>
#include <tlsmode/error.hpp>
#include <tlsmode/transport.hpp>

namespace tlsmode {

/// OpenSSL's own BIOs as the transport: those of an adopted SSL*, or a socket BIO, which kernel TLS needs.
/// A socket BIO writes with write(2): SIGPIPE is the program's to ignore, or use Socket.
/// Proof: tests/unit/native_bio_test.cpp.
class NativeBio {
 public:
  /// Uses a socket descriptor through OpenSSL's BIO. Lifetime: the caller closes it, after the connection is gone.
  /// Errors: throws Error if there is no memory. Wraps: BIO_new_socket(3).
  [[nodiscard]] static NativeBio socket(int descriptor) {
    return NativeBio{::BIO_new_socket(descriptor, BIO_NOCLOSE), ::BIO_new_socket(descriptor, BIO_NOCLOSE)};
  }

  /// Takes over one reference of each BIO; of one reference if both are the same.
  /// Errors: throws Error if one is null.
  NativeBio(BIO* reader, BIO* writer) : reader_{reader}, writer_{writer} {
    if (reader == writer && reader != nullptr) {
      ::BIO_up_ref(writer);
    }
    if (reader == nullptr || writer == nullptr) {
      throw Error{{.kind = ErrorKind::input,
                   .operation = Operation::make_connection,
                   .message = "a connection needs a BIO to read from and one to write to, and one is null"}};
    }
  }

  /// The BIOs of `ssl`, which keeps its own references. Wraps: SSL_get_rbio(3), SSL_get_wbio(3).
  [[nodiscard]] static NativeBio of(const SSL* ssl) {
    BIO* const reader = ::SSL_get_rbio(ssl);
    BIO* const writer = ::SSL_get_wbio(ssl);
    if (reader != nullptr) {
      ::BIO_up_ref(reader);
    }
    if (writer != nullptr && writer != reader) {
      ::BIO_up_ref(writer);
    }
    return NativeBio{reader, writer};
  }

  /// Wraps: BIO_read_ex(3).
  [[nodiscard]] ReadResult receive(std::span<std::byte> to) noexcept {
    std::size_t bytes = 0;
    errno = 0;
    if (::BIO_read_ex(reader_.get(), to.data(), to.size(), &bytes) == 1) {
      return {IoStatus::done, bytes};
    }
    if (BIO_should_retry(reader_.get())) {
      return {IoStatus::want_read, 0};
    }
    return {BIO_eof(reader_.get()) ? IoStatus::closed : failed(), 0};
  }

  /// Wraps: BIO_write_ex(3), BIO_flush(3).
  [[nodiscard]] WriteResult send(std::span<const std::byte> from) noexcept {
    std::size_t bytes = 0;
    errno = 0;
    if (::BIO_write_ex(writer_.get(), from.data(), from.size(), &bytes) == 1) {
      static_cast<void>(BIO_flush(writer_.get()));
      return {IoStatus::done, bytes};
    }
    return {BIO_should_retry(writer_.get()) ? IoStatus::want_write : failed(), 0};
  }

  /// Whether receive waits for input: as far as the BIO has a descriptor to ask.
  [[nodiscard]] bool blocking() const noexcept {
    const int descriptor = descriptor_of(reader_.get());
    return descriptor >= 0 && (::fcntl(descriptor, F_GETFL) & O_NONBLOCK) == 0;
  }

  /// The descriptor under `bio`; -1 if it has none. Other BIOs may answer 0 when asked: they know no such question.
  [[nodiscard]] static int descriptor_of(BIO* bio) noexcept {
    return ::BIO_find_type(bio, BIO_TYPE_DESCRIPTOR) != nullptr ? static_cast<int>(BIO_get_fd(bio, nullptr)) : -1;
  }

  [[nodiscard]] BIO* reader() const noexcept { return reader_.get(); }
  [[nodiscard]] BIO* writer() const noexcept { return writer_.get(); }

 private:
  [[nodiscard]] static IoStatus failed() noexcept {
    errno = errno != 0 ? errno : EIO;  // a transport says why; not every BIO does
    return IoStatus::failed;
  }

  detail::Handle<&::BIO_free_all> reader_;
  detail::Handle<&::BIO_free_all> writer_;
};

template <typename T>
concept NativeTransport =
    std::is_same_v<T, NativeBio>;  // FIX: Connection<Policy, NativeBio>{ssl} keeps the BIOs of ssl

}  // namespace tlsmode

#endif
