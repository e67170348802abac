# The demonstration's camera (docker compose --profile demo), out of the tests' own:
#   docker build -f deploy/camera.Dockerfile -t sightline-camera:dev tests/rtsp_camera
ARG GO=golang:1.24.6-bookworm

FROM ${GO} AS build
WORKDIR /src
COPY go.mod go.sum main.go ./
RUN CGO_ENABLED=0 go build -trimpath -ldflags=-s -o /rtsp-camera .

FROM scratch
ARG VERSION=dev
LABEL org.opencontainers.image.title="sightline-camera" \
      org.opencontainers.image.description="An RTSP camera that plays a clip again and again, for a demonstration" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /rtsp-camera /rtsp-camera
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["/rtsp-camera"]
