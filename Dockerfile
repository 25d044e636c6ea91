# Build: everything, as `npm run build` does it anywhere else.
FROM node:24.17.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/protocol/package.json packages/protocol/
COPY packages/client/package.json packages/client/
COPY packages/react/package.json packages/react/
RUN npm ci
COPY . .
RUN node scripts/run.mjs build

# Dependencies: what the gateway needs at run time, without compilers and test tools.
FROM node:24.17.0-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages/protocol/package.json packages/protocol/
COPY packages/client/package.json packages/client/
COPY packages/react/package.json packages/react/
# Never loaded: the browser's onnxruntime (vad-web brings it along with its model files), React, and other systems' binaries.
RUN npm ci --omit=dev \
  && rm -rf node_modules/onnxruntime-web node_modules/react node_modules/@vis-a-vis/react node_modules/onnxruntime-node/bin/napi-v6/darwin node_modules/onnxruntime-node/bin/napi-v6/win32

FROM node:24.17.0-bookworm-slim
WORKDIR /app
# It serves others than its own machine, so it starts with VISAVIS_API_KEYS_FILE (or VISAVIS_ALLOW_ANONYMOUS=1) only: docs/operations.md.
ENV NODE_ENV=production \
    VISAVIS_HOST=0.0.0.0 \
    VISAVIS_PORT=8080 \
    VISAVIS_ICE_UDP_PORT=50000 \
    MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=131072 \
    MALLOC_TRIM_THRESHOLD_=1048576
COPY package.json LICENSE ./
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/packages/protocol/package.json packages/protocol/package.json
COPY --from=build /app/packages/protocol/dist packages/protocol/dist
COPY --from=build /app/packages/client/package.json packages/client/package.json
COPY --from=build /app/packages/client/dist packages/client/dist
COPY --from=build /app/dist dist
COPY models models
USER node
EXPOSE 8080/tcp 50000/udp
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${Number(process.env.VISAVIS_PORT) || 8080}/health`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "--max-semi-space-size=2", "--heap-growing-percent=40", "dist/src/main.js"]
