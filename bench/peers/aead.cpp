// SPDX-License-Identifier: MIT
// The limit: EVP's AES-128-GCM over records of the same shape and the same sockets, with no TLS library above it.
#include <openssl/evp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "../support/blocking_peer.hpp"

namespace bench {
namespace {

constexpr std::size_t header_size = 5;
constexpr std::size_t tag_size = 16;
constexpr std::size_t largest_record = 16384;
constexpr std::size_t batch_size = 64 << 10;
constexpr std::size_t receive_size = 256 << 10;

struct Nothing {
  explicit Nothing(const Setup&) {}
};

unsigned char* raw(std::byte* bytes) { return reinterpret_cast<unsigned char*>(bytes); }
const unsigned char* raw(const std::byte* bytes) { return reinterpret_cast<const unsigned char*>(bytes); }

/// One direction: a key and a nonce that counts.
class Cipher {
 public:
  explicit Cipher(bool encrypts) : context_(::EVP_CIPHER_CTX_new()) {
    const unsigned char key[16] = {1, 2, 3};
    require(::EVP_CipherInit_ex(context_, ::EVP_aes_128_gcm(), nullptr, key, nonce_, encrypts) == 1,
            "EVP_CipherInit_ex");
  }
  ~Cipher() { ::EVP_CIPHER_CTX_free(context_); }
  Cipher(const Cipher&) = delete;
  Cipher& operator=(const Cipher&) = delete;

  void seal(const std::byte* header, std::span<const std::byte> plain, std::byte* out) {
    begin(header);
    int size = 0;
    require(::EVP_CipherUpdate(context_, raw(out), &size, raw(plain.data()), static_cast<int>(plain.size())) == 1,
            "seal");
    require(::EVP_CipherFinal_ex(context_, raw(out) + size, &size) == 1, "seal");
    require(::EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, tag_size, out + plain.size()) == 1, "tag");
  }

  void open(const std::byte* header, std::span<std::byte> sealed, std::byte* out) {
    begin(header);
    const std::size_t size = sealed.size() - tag_size;
    int written = 0;
    require(::EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, tag_size, sealed.data() + size) == 1, "tag");
    require(::EVP_CipherUpdate(context_, raw(out), &written, raw(sealed.data()), static_cast<int>(size)) == 1, "open");
    require(::EVP_CipherFinal_ex(context_, raw(out) + written, &written) == 1, "a record does not authenticate");
  }

 private:
  void begin(const std::byte* header) {
    ++count_;
    std::memcpy(nonce_, &count_, sizeof count_);
    require(::EVP_CipherInit_ex(context_, nullptr, nullptr, nullptr, nonce_, -1) == 1, "nonce");
    int size = 0;
    require(::EVP_CipherUpdate(context_, nullptr, &size, raw(header), header_size) == 1, "header");
  }

  EVP_CIPHER_CTX* context_;
  std::uint64_t count_ = 0;
  unsigned char nonce_[12] = {};
};

class Session {
 public:
  Session(Nothing&, int descriptor)
      : descriptor_(descriptor), out_(batch_size + largest_record + header_size + tag_size), in_(receive_size) {}
  ~Session() { ::close(descriptor_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const auto plain = bytes.first(std::min(bytes.size(), largest_record));
      std::byte* const header = out_.data() + gathered_;
      put_header(header, plain.size() + tag_size);
      sealing_.seal(header, plain, header + header_size);
      gathered_ += header_size + plain.size() + tag_size;
      if (gathered_ >= batch_size) flush();
      bytes = bytes.subspan(plain.size());
    }
    flush();
  }

  std::size_t read(std::span<std::byte> bytes) {
    while (available() < header_size || available() < header_size + record_size()) receive();
    const std::size_t size = record_size();
    std::byte* const header = in_.data() + begin_;
    require(size - tag_size <= bytes.size(), "this limit reads whole records only");
    opening_.open(header, {header + header_size, size}, bytes.data());
    begin_ += header_size + size;
    return size - tag_size;
  }

  void flush() {
    for (std::size_t sent = 0; sent < gathered_;) {
      const ssize_t count = ::send(descriptor_, out_.data() + sent, gathered_ - sent, MSG_NOSIGNAL);
      require(count > 0, "send");
      sent += static_cast<std::size_t>(count);
    }
    gathered_ = 0;
  }

  void close() {}
  Facts facts() { return {"EVP only", "none", cipher_suite}; }

 private:
  static void put_header(std::byte* header, std::size_t size) {
    header[0] = std::byte{23}, header[1] = std::byte{3}, header[2] = std::byte{3};
    header[3] = static_cast<std::byte>(size >> 8), header[4] = static_cast<std::byte>(size);
  }

  std::size_t available() const { return end_ - begin_; }
  std::size_t record_size() const {
    return std::to_integer<std::size_t>(in_[begin_ + 3]) << 8 | std::to_integer<std::size_t>(in_[begin_ + 4]);
  }

  void receive() {
    std::memmove(in_.data(), in_.data() + begin_, available());
    end_ -= begin_, begin_ = 0;
    const ssize_t count = ::recv(descriptor_, in_.data() + end_, in_.size() - end_, 0);
    require(count > 0, "recv");
    end_ += static_cast<std::size_t>(count);
  }

  int descriptor_;
  Cipher sealing_{true};
  Cipher opening_{false};
  std::vector<std::byte> out_;
  std::size_t gathered_ = 0;
  std::vector<std::byte> in_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace

const char* const peer_name = "aead";
std::unique_ptr<Peer> make_peer(const Setup& setup) { return std::make_unique<BlockingPeer<Nothing, Session>>(setup); }

}  // namespace bench
