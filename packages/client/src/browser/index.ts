export * from '../shared.js';
export { connect } from './connect.js';
