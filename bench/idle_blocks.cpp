// SPDX-License-Identifier: MIT
// What an idle connection is made of: the blocks that OpenSSL holds for it after 16 KiB each way, and which call frees
// them, by the source file of OpenSSL that asked for them.
#include <fcntl.h>
#include <malloc.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include <tlsmode/engine/key_shares.hpp>

#include "support/identity.hpp"
#include "support/openssl_side.hpp"

namespace bench {
namespace {

struct Sum {
  std::size_t bytes = 0;  // asked for
  std::size_t taken = 0;  // what malloc takes for them
  std::size_t blocks = 0;
};
using Sums = std::map<std::string, Sum>;

/// Every block that OpenSSL holds, and where those go that it frees.
class Ledger {
 public:
  static void start() {
    if (::CRYPTO_set_mem_functions(&allocate, &reallocate, &release) != 1) fail("OpenSSL has allocated already");
  }

  /// What OpenSSL frees during `function`, by source file.
  template <class Function>
  static Sums freed_by(Function function) {
    Sums sums;
    freed_ = &sums;
    function();
    freed_ = nullptr;
    return sums;
  }

 private:
  struct Block {
    std::size_t size;
    const char* file;
  };

  static void* allocate(std::size_t size, const char* file, int) {
    void* const memory = std::malloc(size);
    if (memory != nullptr) blocks_[memory] = {size, file};
    return memory;
  }

  static void* reallocate(void* memory, std::size_t size, const char* file, int) {
    blocks_.erase(memory);
    void* const moved = std::realloc(memory, size);
    if (moved != nullptr) blocks_[moved] = {size, file};
    return moved;
  }

  static void release(void* memory, const char*, int) {
    if (const auto found = blocks_.find(memory); found != blocks_.end()) {
      if (freed_ != nullptr) {
        Sum& sum = (*freed_)[file_name(found->second.file)];
        sum.bytes += found->second.size;
        sum.taken += ::malloc_usable_size(memory) + sizeof(std::size_t);
        ++sum.blocks;
      }
      blocks_.erase(found);
    }
    std::free(memory);
  }

  static std::string file_name(const char* path) {
    const char* const slash = std::strrchr(path, '/');
    return slash != nullptr ? slash + 1 : path;
  }

  static inline std::unordered_map<void*, Block> blocks_;
  static inline Sums* freed_ = nullptr;
};

struct Ends {
  SSL* client;
  SSL* server;
};

Ends connect(const OpenSslSide& client_side, const OpenSslSide& server_side) {
  int sockets[2];
  require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, sockets) == 0, "socketpair");
  const Ends ends{client_side.connection(sockets[0]), server_side.connection(sockets[1])};
  for (int round = 0; round != 4; ++round) {
    ::SSL_do_handshake(ends.client);
    ::SSL_do_handshake(ends.server);
  }
  if (::SSL_is_init_finished(ends.client) == 0 || ::SSL_is_init_finished(ends.server) == 0) fail_openssl("handshake");
  return ends;
}

void carry(SSL* from, SSL* to) {
  std::vector<char> bytes(16384);
  if (::SSL_write(from, bytes.data(), 16384) != 16384) fail_openssl("SSL_write");
  for (int got = 0; got < 16384;) {
    const int now = ::SSL_read(to, bytes.data(), 16384);
    if (now <= 0) fail_openssl("SSL_read");
    got += now;
  }
}

void disconnect(SSL* ssl) {
  const int descriptor = ::SSL_get_fd(ssl);
  ::SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);  // so that the session can be resumed
  ::SSL_free(ssl);
  ::close(descriptor);
}

Sum total_of(const Sums& sums) {
  Sum total;
  for (const auto& [name, sum] : sums) {
    total.bytes += sum.bytes;
    total.taken += sum.taken;
    total.blocks += sum.blocks;
  }
  return total;
}

void print_line(const std::string& name, const Sum& sum) {
  std::printf("  %-28s %8zu %8zu %6zu\n", name.c_str(), sum.bytes, sum.taken, sum.blocks);
}

/// The largest first; files that ask for less than 100 bytes together, as one.
void print_freed(const char* call, const Sums& sums) {
  std::vector<std::pair<std::string, Sum>> lines(sums.begin(), sums.end());
  std::sort(lines.begin(), lines.end(), [](const auto& a, const auto& b) { return a.second.bytes > b.second.bytes; });
  print_line(std::string("by ") + call, total_of(sums));
  Sums small;
  for (const auto& [name, sum] : lines) {
    if (sum.bytes < 100) {
      small[name] = sum;
    } else {
      print_line("  " + name, sum);
    }
  }
  if (!small.empty()) print_line("  others", total_of(small));
}

void take_apart(const char* end, SSL* ssl) {
  const Sums buffers = Ledger::freed_by([ssl] { ::SSL_free_buffers(ssl); });
  const Sums keys = Ledger::freed_by([ssl] { tlsmode::engine::drop_key_shares(ssl); });
  const Sums rest = Ledger::freed_by([ssl] { disconnect(ssl); });
  std::printf("%-30s %8s %8s %6s\n", end, "bytes", "malloc's", "blocks");
  print_freed("SSL_free_buffers", buffers);
  print_freed("drop_key_shares", keys);
  print_freed("SSL_free", rest);
}

int run(bool resume) {
  Ledger::start();
  const Identity identity = make_identity();
  const OpenSslSide client_side({Side::client, identity, resume});
  const OpenSslSide server_side({Side::server, identity, resume});
  for (int rehearsal = 0; rehearsal != 2; ++rehearsal) {  // fills caches, and makes the session to resume
    const Ends ends = connect(client_side, server_side);
    carry(ends.server, ends.client);
    disconnect(ends.client);
    disconnect(ends.server);
  }
  const Ends ends = connect(client_side, server_side);
  carry(ends.client, ends.server);
  carry(ends.server, ends.client);
  const Facts facts = openssl_facts(ends.client);
  std::printf("%s, %s, %s, %s handshake\n", facts.library.c_str(), facts.protocol.c_str(), facts.cipher.c_str(),
              facts.resumed ? "resumed" : "full");
  take_apart("an idle server's blocks", ends.server);
  take_apart("an idle client's blocks", ends.client);
  return 0;
}

}  // namespace
}  // namespace bench

int main(int argc, char** argv) {
  const bool resume = argc == 2 && std::strcmp(argv[1], "resume") == 0;
  if (argc > 1 && !resume) bench::fail("usage: bench_idle_blocks [resume]");
  return bench::run(resume);
}
