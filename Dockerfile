# The image of the server: built by `scripts/image`, which the tests run too. What it makes is all there is
# in the image: one program, the libraries it is linked with, the names it looks up. No shell, no root.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN scripts/image /image

FROM scratch
COPY --from=build /image/ /
# A new volume takes its owner from here.
COPY --from=build --chown=10001:10001 /image/data/ /data/
USER 10001:10001
WORKDIR /data
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/allthrive"]
